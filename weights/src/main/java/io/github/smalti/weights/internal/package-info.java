/// The formats, one reader each, behind [io.github.smalti.weights.Checkpoint].
package io.github.smalti.weights.internal;

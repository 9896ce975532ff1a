/// What the other modules share and nobody else sees: exported to them only.
package io.github.smalti.core.internal;

/// Reads the reference results under `golden/data`; for tests only.
package io.github.smalti.golden;

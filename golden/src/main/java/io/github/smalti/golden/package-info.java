/// Reads the reference results under `golden/data`, and damages files for the readers' tests; for tests only.
///
/// [GoldenCase] compares results with those of the original implementations; [MutationFuzz] tries readers on files that
/// [Mutations] damaged, behind checksums that [Checksums] mends.
package io.github.smalti.golden;

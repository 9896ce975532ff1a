/// The kernels: every operation as a scalar twin, which is the specification, and with the Vector API.
///
/// Both give the same bits, at every vector width. Four rules make that so:
///
/// 1. Output columns lie along the lanes, and every output is one sum over k in order, each step one fused multiply-add.
/// 2. A reduction along the lanes (mean, variance, softmax sum) adds into 16 virtual lanes, element i into lane i % 16,
///    and ends in one fixed tree: lane j + lane j+8, then +4, +2, +1.
/// 3. exp and erf are polynomials of our own ([Exp], [Erf]), evaluated with the same fused operations.
/// 4. Everything else is elementwise.
///
/// [Kernels#best] chooses once per process; `-Dsmalti.vector.bits=0|128|256|512` forces a choice (0 is scalar).
package io.github.smalti.core.kernel;

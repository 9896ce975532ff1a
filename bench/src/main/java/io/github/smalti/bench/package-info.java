/// The command `smalti bench` and JMH benchmarks of the kernels, each beside the machine's own limits.
///
/// [Bench] measures whole stages of a model ([MeasureCommand]), the cost as work grows ([Growth]) and how callers share
/// the team ([Callers]); [Benchmarks] runs the kernels one by one. What a stage must do at least stands in [Costs], what the
/// machine can do at most in [MachineLimits]. Random models of published sizes come from
/// [io.github.smalti.bench.checkpoint].
package io.github.smalti.bench;

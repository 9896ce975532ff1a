/// JMH benchmarks of the kernels and of a decoder step; [Benchmarks] runs them beside the machine's own limits.
package io.github.smalti.bench;

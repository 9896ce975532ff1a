/// The same work by Smalti and by other engines: one process per engine, interleaved rounds, one table.
package io.github.smalti.bench.peers;

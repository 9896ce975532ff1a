/// How files are fetched and kept: requests, downloads, the services' protocols, the cache's layout.
package io.github.smalti.weights.hub.internal;

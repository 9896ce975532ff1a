/// What the pipeline stands on: files and their safety, the embedded model's cache, prompts, loading.
package io.github.smalti.pipeline.internal;

package io.github.smalti.clip;

/// How well a picture and a text fit.
///
/// @param cosine of the angle between the embeddings, -1 to 1
/// @param logit  logitScale · cosine, -logitScale to logitScale: the number that CLIP's own code prints and whose
///               softmax over texts is a probability
public record ClipScore(float cosine, float logit) {}

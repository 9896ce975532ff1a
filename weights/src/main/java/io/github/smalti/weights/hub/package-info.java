/// Fetches published models once, verifies them, and finds them again without a network.
///
/// ```java
/// var hub = new Hub(HubSettings.ofSystem());
/// PulledModel model = hub.pull(ModelReference.parse("dalle-mini"), progress -> {});
/// Path transformer = model.folder(ModelPart.TRANSFORMER);
/// ```
///
/// [io.github.smalti.weights.hub.Hub#pull] is the only operation of the library that opens a socket. Files of the model
/// hub lie in the folders that Python's client uses, so neither fetches what the other has.
package io.github.smalti.weights.hub;

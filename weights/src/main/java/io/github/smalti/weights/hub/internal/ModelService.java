package io.github.smalti.weights.hub.internal;

/// A place where models are published: how it names files and guards them.
public interface ModelService {
    /// Asks which files there are.
    ///
    /// @param requests what sends
    /// @throws io.github.smalti.weights.hub.HubException if it refuses
    RemoteModel list(Requests requests);

    /// Completes what the list left open, by a further request.
    ///
    /// @param file     a file of the list
    /// @param requests what sends
    /// @return the file with size and hash
    /// @throws io.github.smalti.weights.hub.HubException if it refuses
    RemoteFile complete(RemoteFile file, Requests requests);

    /// What is sent along to this service's own address, and nowhere else.
    Credential credential();

    /// The exception for an answer that is a refusal.
    ///
    /// @param answer the answer
    /// @param what   what was asked for
    RuntimeException refusal(Answer answer, String what);
}

package io.github.smalti.weights.hub.internal;

import io.github.smalti.weights.hub.HubException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Fetches one file: goes on where an earlier try ended, hashes while writing, and shows the file under its name only
/// when it is whole and right.
public final class Download {
    private static final int CHUNK = 1 << 16;
    private static final Pattern RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

    /// Is told what happens.
    public interface Watcher {
        /// Bytes came, or were thrown away.
        ///
        /// @param bytes how many; negative if they were thrown away
        void moved(long bytes);

        /// Somebody else fetches the same file.
        void waits();
    }

    private final Disk disk;
    private final Requests requests;
    private final ModelService service;
    private final Repository repository;
    private final RemoteFile file;
    private final String what;
    private final Watcher watcher;
    private final Backoff backoff;

    /// Nothing is sent yet.
    ///
    /// @param disk       what writes
    /// @param requests   what sends
    /// @param service    whose file it is
    /// @param repository where it is kept
    /// @param file       the file, with its hash
    /// @param what       its name for messages
    /// @param watcher    is told what happens
    public Download(Disk disk, Requests requests, ModelService service, Repository repository, RemoteFile file,
            String what, Watcher watcher) {
        this.disk = disk;
        this.requests = requests;
        this.service = service;
        this.repository = repository;
        this.file = file;
        this.what = what;
        this.watcher = watcher;
        this.backoff = new Backoff(requests.patience());
    }

    /// Fetches the file unless it is there.
    ///
    /// @return whether it was fetched; its blob is there in both cases
    /// @throws HubException if it cannot be had; the bytes that came stay for the next time unless they are wrong
    public boolean fetch() {
        if (isThere()) return false;
        try (var _ = FileLocking.take(repository.lock(file.hash()), what, watcher::waits)) {
            if (isThere()) {
                disk.delete(repository.partial(file.hash())); // of a process that died between its last two steps
                return false;
            }
            fetchLocked();
            return true;
        } catch (IOException e) {
            throw PartialFile.fault(repository.blob(file.hash()), e);
        }
    }

    /// A blob of another length was damaged later, or by a client that does not hash; it is replaced.
    private boolean isThere() {
        Path blob = repository.blob(file.hash());
        try {
            return Files.isRegularFile(blob) && (file.size() < 0 || Files.size(blob) == file.size());
        } catch (IOException _) {
            return false;
        }
    }

    private void fetchLocked() throws IOException {
        Path path = repository.partial(file.hash());
        try (PartialFile partial = PartialFile.open(disk, path, file)) {
            watcher.moved(partial.size());
            transfer(partial);
            String found = partial.hash();
            if (!found.equals(file.hash().hex()) && partial.isPatched()) {
                restart(partial); // the server's file changed between two transfers, or the first one was damaged here
                transfer(partial);
                found = partial.hash();
            }
            if (!found.equals(file.hash().hex())) {
                partial.delete();
                throw new HubException(what + ": expected " + file.hash().kind() + " " + file.hash().hex() + ", found "
                        + found
                        + "; the file was changed on its way and is thrown away; try again, or from another network");
            }
            partial.force();
        }
        disk.move(path, repository.blob(file.hash()));
        disk.forceNames(repository.blobs());
    }

    private void restart(PartialFile partial) {
        watcher.moved(-partial.size());
        partial.restart();
    }

    /// Requests until all bytes are there.
    private void transfer(PartialFile partial) {
        String etag = null;
        boolean ended = false;
        while (file.size() < 0 ? !ended : partial.size() < file.size()) {
            try (Answer answer = requests.send("GET", file.uri(), range(partial.size(), etag), null,
                    service.credential(), what)) {
                if (Backoff.isPassing(answer.status())) {
                    backoff.after(answer, what);
                    continue;
                }
                if (answer.status() == 416 && partial.size() > 0) { // what is there belongs to something longer
                    restart(partial);
                    etag = null;
                    continue;
                }
                if (answer.status() != 200 && answer.status() != 206) throw service.refusal(answer, what);
                begin(answer, partial);
                etag = answer.header("ETag");
                ended = receive(answer, partial);
            } catch (IOException e) {
                backoff.after(e, what);
            }
        }
    }

    /// Asks for the rest, and for all of it if the server's file is not the one of the last transfer.
    private static Map<String, String> range(long from, String etag) {
        Map<String, String> headers = new LinkedHashMap<>();
        if (from > 0) {
            headers.put("Range", "bytes=" + from + "-");
            if (etag != null && etag.startsWith("\"")) headers.put("If-Range", etag);
        }
        return headers;
    }

    /// Checks an answer against what is expected, before any of its bytes is kept.
    private void begin(Answer answer, PartialFile partial) throws IOException {
        Requests.refuseEncoded(answer, what);
        ContentHash told = ContentHash.ofEtag(answer.linked().get("x-linked-etag"));
        if (told != null && told.kind() == file.hash().kind() && !told.equals(file.hash())) {
            throw new HubException(what + ": expected the content " + file.hash().hex() + ", the service now has "
                    + told.hex() + "; it was changed meanwhile, run the same command again");
        }
        long total = answer.count("Content-Length");
        if (answer.status() == 206) {
            Matcher range = RANGE.matcher(String.valueOf(answer.header("Content-Range")));
            if (!range.matches() || Long.parseLong(range.group(1)) != partial.size()) {
                restart(partial);
                throw new IOException("the server sends another part than was asked for");
            }
            total = range.group(3).equals("*") ? -1 : Long.parseLong(range.group(3));
        } else if (partial.size() > 0) {
            restart(partial); // the server ignores ranges, or its file is another one now
        }
        if (file.size() >= 0 && total >= 0 && total != file.size()) {
            throw new HubException(what + ": expected " + file.size() + " bytes, " + answer.uri().getHost() + " offers "
                    + total + "; is there a proxy or a login page in between?");
        }
    }

    /// Keeps the bytes of an answer.
    ///
    /// @return true at the end of the body
    private boolean receive(Answer answer, PartialFile partial) throws IOException {
        byte[] buffer = new byte[CHUNK];
        long start = partial.size();
        partial.beginPiece();
        try (Stall stall = Stall.watch(answer.body(), requests.patience())) {
            while (true) {
                int count = stall.read(answer.body(), buffer);
                if (count < 0) break;
                if (file.size() >= 0 && partial.size() + count > file.size()) {
                    partial.delete();
                    throw new HubException(what + ": expected " + file.size() + " bytes, " + answer.uri().getHost()
                            + " sends more; what came is thrown away, try again");
                }
                partial.append(buffer, count);
                watcher.moved(count);
                boolean isMuch = partial.size() - start >= requests.patience().stallBytes();
                if (isMuch) backoff.progressed(); // a few bytes a try would otherwise go on for ever
            }
        }
        if (partial.size() < file.size()) throw new IOException("the transfer was cut at " + partial.size() + " bytes");
        return true;
    }
}

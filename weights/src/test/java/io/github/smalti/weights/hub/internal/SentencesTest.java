package io.github.smalti.weights.hub.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.weights.hub.HubException;
import io.github.smalti.weights.hub.Patience;
import io.github.smalti.weights.hub.PullProgress;
import io.github.smalti.weights.hub.Secret;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Words of strangers in messages, and what is read from headers and key files.
class SentencesTest {
    @Test
    void saysWhyWithoutClassNames() {
        var unresolved = new ConnectException();
        unresolved.initCause(new UnresolvedAddressException());
        assertEquals("the host is unknown", Sentences.reason(unresolved));
        assertEquals("the host is unknown", Sentences.reason(new UnknownHostException("hub.example")));
        assertEquals("no connection", Sentences.reason(new ConnectException()));
        assertEquals("refused", Sentences.reason(new ConnectException("refused")));
        assertEquals("no answer in time", Sentences.reason(new HttpTimeoutException("x")));
        assertEquals("there is no such file or folder", Sentences.reason(new NoSuchFileException("x")));
        assertEquals("permission denied", Sentences.reason(new AccessDeniedException("x")));
        assertEquals("disk is gone", Sentences.reason(new FileSystemException("x", null, "disk is gone")));
        assertEquals("IOException", Sentences.reason(new IOException()));
    }

    @ParameterizedTest
    @CsvSource({"https://host/a?sign=secret#x, https://host/a", "https://host, https://host",
            "http://host:81, http://host:81"})
    void showsAddressesWithoutTheirQuery(String uri, String shown) {
        assertEquals(shown, Sentences.address(URI.create(uri)));
        assertEquals("mailto://null", Sentences.address(URI.create("mailto:a@b")));
    }

    @ParameterizedTest
    @CsvSource({"0, 0 bytes", "999, 999 bytes", "1000, 1.00 kB", "2560000, 2.56 MB",
            "9223372036854775807, 9223372.04 TB"})
    void writesAmounts(long bytes, String shown) { assertEquals(shown, Sentences.bytes(bytes)); }

    @Test
    void escapesWhatWouldShowAsSomethingElse() {
        String text = "a\u0007\u202eb\u2028\u2029\ud83d\ude00\ud83d-\ude00\ud83d";
        assertEquals("a\\u0007\\u202eb\\u2028\\u2029\ud83d\ude00\\ud83d-\\ude00\\ud83d",
                new HubException(text).getMessage());
        assertEquals("\\ude00", new HubException("\ude00").getMessage());
        assertEquals(1901, new HubException("x".repeat(5000)).getMessage().length());
    }

    @Test
    void recognisesHashesByTheirLength() {
        for (ContentHash.Kind kind : ContentHash.Kind.values()) {
            String hex = "Ab".repeat(kind == ContentHash.Kind.SHA256 ? 32 : kind == ContentHash.Kind.MD5 ? 16 : 20);
            for (String etag : List.of(hex, "\"" + hex + "\"", "W/\"" + hex + "\"")) {
                assertEquals(new ContentHash(kind, hex.toLowerCase(java.util.Locale.ROOT)), ContentHash.ofEtag(etag));
            }
            assertNull(ContentHash.of(hex.replace('A', 'g')));
            assertNull(ContentHash.ofEtag("\"" + hex));
            assertNull(ContentHash.ofEtag(hex + "\""));
        }
        for (String none : new String[]{"", "\"", "W/", "abc"}) assertNull(ContentHash.ofEtag(none));
        assertNull(ContentHash.ofEtag(null));
        assertNull(ContentHash.of(null));
    }

    @Test
    void readsPausesInSecondsAndAsDates() {
        assertEquals(Duration.ofSeconds(120), Backoff.asked(" 120 "));
        for (String none : new String[]{null, "", "soon", "-1", "9999999999", "Wed, 21 Oct 2015 07:28:00 GMT"}) {
            assertEquals(Duration.ZERO, Backoff.asked(none), none);
        }
        ZonedDateTime later = ZonedDateTime.now(ZoneOffset.UTC).plusHours(1);
        Duration left = Backoff.asked(DateTimeFormatter.RFC_1123_DATE_TIME.format(later));
        assertTrue(left.toMinutes() >= 58 && left.toMinutes() <= 60, left.toString());
        for (int status : new int[]{408, 425, 429, 500, 502, 503, 504}) assertTrue(Backoff.isPassing(status));
        for (int status : new int[]{200, 400, 404, 501, 505}) assertTrue(!Backoff.isPassing(status));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '`', value = {"machine host password x; x",
            "machine HOST login me account a password \"x y; \"x", "machine host password \"x\"; x",
            "machine host password \"; \"", "machine host password \"\"; ``", "machine host password;", "machine;",
            "machine host login;", "login me machine host password x; x", "machine other password x;",
            "default password x;", "machine host default password x;", "hello machine host port 1 password x; x",
            "# machine host password x;"})
    void readsThePasswordOfOneMachine(String text, String password) {
        assertEquals(password, Netrc.password(text, "host"));
    }

    @Test
    void passesOverMacros() {
        assertEquals("y",
                Netrc.password("macdef a\nmachine host password x\n\n\n  machine host\n\tpassword y\n", "host"));
        assertNull(Netrc.password("  macdef a\nmachine host password x\n", "host"));
        assertNull(Netrc.password("", "host"));
    }

    @Test
    void countsWhatIsKnown() {
        List<PullProgress> told = new ArrayList<>();
        var tally = new Tally(told::add);
        tally.expect(100);
        tally.begin("a");
        tally.moved(40); // of an earlier pull
        tally.end(60);
        assertEquals(100, told.getLast().doneBytes());
        assertEquals(100, told.getLast().totalBytes());
        tally.expect(-1);
        tally.expect(5);
        tally.begin("b");
        assertEquals(-1, told.getLast().totalBytes());
        assertEquals(-1, told.getLast().secondsLeft());
        assertEquals(10, new PullProgress("a", "", 50, 100, 5).secondsLeft());
        assertEquals(-1, new PullProgress("a", "", 50, 100, 0).secondsLeft());
    }

    @Test
    void refusesSettingsThatCannotWork() {
        Duration second = Duration.ofSeconds(1);
        assertEquals("tries: expected at least 1, found 0", assertThrows(IllegalArgumentException.class,
                () -> new Patience(0, second, second, second, second, second, 1)).getMessage());
        assertEquals("the token in X is empty", assertThrows(HubException.class, () -> new Secret("", "X")).getMessage()
                .substring(0, 23));
        for (String odd : List.of("a b", "a\u007f", "\u00e9", "a\tb")) {
            String said = assertThrows(HubException.class, () -> new Secret(odd, "X")).getMessage();
            assertTrue(said.startsWith("the token in X is not plain ASCII") && !said.contains(odd), said);
        }
    }
}

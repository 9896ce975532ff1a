package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.json.JsonLimits;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// What the documents say of limits is what readers use.
class LimitsInDocumentsTest {
    private static final Pattern NAME = Pattern.compile("`(\\w+)`");
    private static final Pattern AMOUNT = Pattern.compile("([0-9][0-9,]*)( [KMG]iB)?");

    private static List<String> lines(String document) throws IOException {
        return Files.readAllLines(Path.of(System.getProperty("smalti.golden"), "..", "..").resolve(document));
    }

    private static long amount(String number, String unit) {
        long value = Long.parseLong(number.replace(",", ""));
        return unit == null ? value : value << " KMG".indexOf(unit.charAt(1)) * 10;
    }

    @Test
    void formatsListsEveryLimitWithItsValue() throws IOException, ReflectiveOperationException {
        Map<String, Long> listed = new LinkedHashMap<>();
        for (String line : lines("docs/formats.md")) {
            String[] cells = line.split("\\|");
            if (cells.length < 4) continue;
            List<String> names = NAME.matcher(cells[1]).results().map(found -> found.group(1)).toList();
            List<Long> values = AMOUNT.matcher(cells[2]).results().map(f -> amount(f.group(1), f.group(2))).toList();
            if (values.size() < names.size()) continue;
            for (int i = 0; i < names.size(); i++) listed.put(names.get(i), values.get(i));
        }
        List<String> names = new ArrayList<>();
        for (RecordComponent limit : ReadLimits.class.getRecordComponents()) {
            long used = ((Number) limit.getAccessor().invoke(ReadLimits.DEFAULT)).longValue();
            assertEquals(used, listed.get(limit.getName()), limit.getName() + " in docs/formats.md");
            names.add(limit.getName());
        }
        assertEquals(19, names.size());
    }

    @Test
    void securityListsTheLimitsOfJson() throws IOException {
        JsonLimits json = JsonLimits.DEFAULT;
        String row = String.format(Locale.ROOT,
                "| JSON | %,d bytes; depth %d; strings %d MiB; names %,d bytes; numbers %d characters; %,d values; names once |",
                json.maxBytes(), json.maxDepth(), json.maxString() >> 20, json.maxName(),
                json.maxNumber(), json.maxValues());
        assertTrue(lines("SECURITY.md").contains(row), row);
    }
}

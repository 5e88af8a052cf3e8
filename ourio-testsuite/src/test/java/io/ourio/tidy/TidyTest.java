// SPDX-License-Identifier: Apache-2.0
package io.ourio.tidy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the sources to what was agreed about them: format, layers of packages, the README. */
class TidyTest {
    private static final Path ROOT = root();
    private static final List<Path> FILES = textFiles();
    private static final String SPDX = "SPDX-License-Identifier: Apache-2.0";

    private static final String TRANSPORT = "ourio-transport/src/main/java/";
    private static final Pattern JAVA = Pattern.compile(".*\\.java");
    private static final Pattern TEXT = Pattern.compile(".*");
    private static final Pattern WRAPPED = Pattern.compile(".*\\.(java|md|properties)|\\.ci/run");

    /** What may stand at the top of the repository, beside files that begin with a dot. */
    private static final Set<String> TOP = Set.of("pom.xml", "README.md", "LICENSE",
            "ourio-transport", "ourio-examples", "ourio-testsuite");

    /** "file: name of the rule" to the reason why the rule does not hold there. */
    private static final Map<String, String> EXCEPTIONS = Map.of(
            TRANSPORT + "io/ourio/backend/Doctor.java: the transport logs and does not print",
            "it is a program of its own");

    /** No line of a file whose path matches {@code where} may hold {@code forbidden}. */
    record Rule(String name, Pattern where, String forbidden) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Rule> rules() {
        return List.of(
                new Rule("at most 100 columns", WRAPPED, "^.{101,}"),
                new Rule("no trailing blanks", TEXT, "[ \t\r]$"),
                new Rule("no tabs", TEXT, "\t"),
                new Rule("no notes of unfinished work", TEXT,
                        "\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b"), // Split, or this line breaks it.
                new Rule("the transport logs and does not print",
                        Pattern.compile(TRANSPORT + ".*"), "\\bSystem\\s*\\.\\s*(out|err)\\b"),
                new Rule("only io.ourio.sys links native code",
                        Pattern.compile(".*/src/main/java/(?!io/ourio/sys/).*"),
                        "\\bjava\\.lang\\.foreign\\.(Linker\\b|SymbolLookup\\b|\\*)"),
                new Rule("the Netty layer knows neither backend nor sys",
                        Pattern.compile(TRANSPORT + "io/ourio/netty/.*"),
                        "\\bio\\.ourio\\.(backend|sys)\\b"),
                new Rule("only the Netty layer knows channels and buffers",
                        Pattern.compile(TRANSPORT + "io/ourio/(?!netty/).*"),
                        "\\bio\\.netty\\.(channel|buffer|handler|bootstrap)\\b"));
    }

    @ParameterizedTest
    @MethodSource("rules")
    void ruleHoldsInEveryFile(Rule rule) {
        Predicate<String> forbidden = Pattern.compile(rule.forbidden).asPredicate();
        List<String> broken = new ArrayList<>();
        int seen = 0;
        for (Path file : FILES) {
            String name = name(file);
            if (!rule.where.matcher(name).matches()) {
                continue;
            }
            seen++;
            List<String> lines = read(file).lines().toList();
            for (int i = 0; i < lines.size(); i++) {
                if (forbidden.test(lines.get(i)) && !excepted(name, rule.name)) {
                    broken.add(name + ":" + (i + 1) + ": " + lines.get(i).strip());
                }
            }
        }
        assertTrue(seen > 0, "no file is under the rule: " + rule);
        assertEquals("", String.join("\n", broken), rule.name);
    }

    @Test
    void everyFileBeginsWithItsLicence() {
        List<String> without = FILES.stream()
                .filter(f -> read(f).lines().limit(linesToLicence(name(f)))
                        .noneMatch(line -> line.contains(SPDX)))
                .map(TidyTest::name)
                .filter(name -> !excepted(name, "licence"))
                .toList();
        assertEquals(List.of(), without, "files without \"" + SPDX + "\" in their first line");
    }

    @Test
    void everyFileEndsWithOneNewline() {
        List<String> broken = FILES.stream()
                .filter(f -> !read(f).endsWith("\n") || read(f).endsWith("\n\n"))
                .map(TidyTest::name)
                .toList();
        assertEquals(List.of(), broken, "files that do not end with exactly one newline");
    }

    @Test
    void repositoryHoldsOnlyTheAgreedTopLevel() throws Exception {
        Process git = new ProcessBuilder("git", "ls-files").directory(ROOT.toFile()).start();
        String listed = new String(git.getInputStream().readAllBytes());
        assumeTrue(git.waitFor() == 0, "not a git checkout: " + ROOT);
        Set<String> top = new TreeSet<>();
        listed.lines().map(line -> line.split("/")[0]).forEach(top::add);
        top.removeIf(entry -> entry.startsWith(".") || TOP.contains(entry));
        assertEquals(Set.of(), top, "tracked at the top level, beside " + TOP);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Run", "Test"})
    void readmeGivesOneCommandUnder(String heading) {
        List<String> blocks = fenced(section(heading));
        assertEquals(1, blocks.size(), "fenced blocks under \"## " + heading + "\"");
        assertEquals(1, blocks.getFirst().lines().count(), "lines of " + blocks.getFirst());
    }

    @ParameterizedTest
    @CsvSource({"Swap the transport, SwapTheTransport", "Tags become events, TagsBecomeEvents"})
    void readmeQuotesTheExampleThatIsCompiled(String heading, String example) {
        String source = "ourio-examples/src/main/java/io/ourio/examples/" + example + ".java";
        List<String> regions = Pattern.compile(
                "// snippet:start\n(.*?)\n *// snippet:end", Pattern.DOTALL)
                .matcher(read(ROOT.resolve(source))).results()
                .map(region -> region.group(1).stripIndent()).toList();
        assertNotEquals(0, regions.size(), "no snippet:start and snippet:end in " + source);
        assertEquals(String.join("\n\n", regions) + "\n",
                String.join("", fenced(section(heading))),
                "README.md must quote the snippet of " + source);
    }

    private static boolean excepted(String file, String rule) {
        return EXCEPTIONS.containsKey(file + ": " + rule);
    }

    /** A script and an XML file have a first line of their own. */
    private static int linesToLicence(String name) {
        return JAVA.matcher(name).matches() ? 1 : 2;
    }

    private static String section(String heading) {
        String readme = read(ROOT.resolve("README.md"));
        Matcher section = Pattern.compile(
                "^## " + heading + "\n(.*?)(?=^## |\\z)", Pattern.DOTALL | Pattern.MULTILINE)
                .matcher(readme);
        assertTrue(section.find(), "no heading \"## " + heading + "\" in README.md");
        return section.group(1);
    }

    private static List<String> fenced(String markdown) {
        return Pattern.compile("^```\\w*\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE)
                .matcher(markdown).results().map(block -> block.group(1)).toList();
    }

    private static String name(Path file) {
        return ROOT.relativize(file).toString();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    /** The tests run somewhere below the repository: an IDE and Maven do not agree where. */
    private static Path root() {
        Path directory = Path.of("").toAbsolutePath();
        while (!Files.exists(directory.resolve("README.md"))
                || !Files.isDirectory(directory.resolve("ourio-transport"))) {
            directory = directory.getParent();
            assertTrue(directory != null, "not started below the repository");
        }
        return directory;
    }

    private static List<Path> textFiles() {
        Pattern text = Pattern.compile(
                ".*\\.(java|xml|md|properties)|\\.ci/run|\\.gitignore|\\.editorconfig");
        List<Path> found = new ArrayList<>();
        try {
            Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attrs) {
                    boolean skip = Set.of("target", ".git", ".idea")
                            .contains(String.valueOf(dir.getFileName()));
                    return skip ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attrs) {
                    if (text.matcher(name(file)).matches()) {
                        found.add(file);
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + ROOT, e);
        }
        return found;
    }
}

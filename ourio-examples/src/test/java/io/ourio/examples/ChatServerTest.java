// SPDX-License-Identifier: Apache-2.0
package io.ourio.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ChatServerTest {
    @Test
    void showsWhatItsCommentSays() throws IOException {
        List<String> told = new ArrayList<>();
        ChatServer.play(told::add);
        assertEquals(List.of(
                "ann hears: * ann has come to tea",
                "bob hears: * bob has come to tea",
                "ann hears: * bob has come to tea",
                "cat hears: * cat has come to milk",
                "ann hears: ann: hello",
                "bob hears: ann: hello",
                "cat hears: cat: anybody?",
                "ann hears: * bob has left tea"), told);
    }

    @Test
    void roomsLiveOnDifferentLoops() {
        try (ChatServer server = new ChatServer(2, 0)) {
            assertNotSame(server.loopOf("tea"), server.loopOf("milk"));
        }
    }

    @Test
    void visitorLeavesOneRoomForAnother() throws IOException {
        List<String> told = new ArrayList<>();
        try (ChatServer server = new ChatServer(2, 0);
                ChatServer.Guest ann = new ChatServer.Guest("ann", server, told::add);
                ChatServer.Guest bob = new ChatServer.Guest("bob", server, told::add)) {
            ann.say("nobody hears this").say("/join tea").hear();
            bob.say("/join tea").hear();
            ann.hear();
            bob.say("/join milk");
            ann.hear();
            bob.hear();
            ann.say("still here").hear();
            bob.say("me too").hear();
        }
        assertEquals(List.of(
                "ann hears: * ann has come to tea",
                "bob hears: * bob has come to tea",
                "ann hears: * bob has come to tea",
                "ann hears: * bob has left tea",
                "bob hears: * bob has come to milk",
                "ann hears: ann: still here",
                "bob hears: bob: me too"), told);
    }
}

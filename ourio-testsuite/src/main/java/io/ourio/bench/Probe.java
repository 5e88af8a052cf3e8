// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;

/** Checks the answer to the request of the load once, since wrk looks at status codes only. */
final class Probe {
    private static final Duration TIME = Duration.ofSeconds(10);

    private Probe() {
    }

    static void check(Server server, Load load) throws InterruptedException {
        byte[] body = new byte[load.postBytes()];
        Arrays.fill(body, (byte) 'x');
        check(server, load, body, load.postBytes() > 0 ? body : null);
    }

    /** The same, of a GET whose answer is known. */
    static void check(Server server, Load load, byte[] answer) throws InterruptedException {
        check(server, load, null, answer);
    }

    private static void check(Server server, Load load, byte[] body, byte[] answer)
            throws InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(server.address().resolve(load.path())).timeout(TIME);
        if (load.postBytes() > 0) {
            request.POST(HttpRequest.BodyPublishers.ofByteArray(body));
        }
        // HTTP/1.1, or the client offers HTTP/2 in headers that wrk does not send.
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            HttpResponse<byte[]> response =
                    client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            check(server, response.statusCode() == 200, "status " + response.statusCode());
            check(server, answer == null || Arrays.equals(answer, response.body()),
                    response.body().length + " bytes that are not those expected");
        } catch (IOException e) {
            server.checkAlive();
            check(server, false, e.toString());
        }
    }

    private static void check(Server server, boolean holds, String answer) {
        if (!holds) {
            throw new BenchmarkException(BenchmarkException.FAILED, "the server "
                    + server.transport() + " answers the first request with " + answer);
        }
    }
}

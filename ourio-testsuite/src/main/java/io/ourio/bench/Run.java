// SPDX-License-Identifier: Apache-2.0
package io.ourio.bench;

import java.util.List;

/**
 * One run of the load generator against one server.
 *
 * @param connections of the load
 * @param round in which each transport has one run; from 1, 0 is warming up
 * @param transport of the server
 * @param figures null if the run is not valid
 * @param problems why it is not
 */
record Run(int connections, int round, String transport, Figures figures,
        List<String> problems) {

    boolean valid() {
        return figures != null;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.ourio;

/**
 * Who is at the other end of a Unix domain connection, as the kernel saw it when the connection was
 * made ({@code SO_PEERCRED} of {@code unix(7)}).
 *
 * @param pid the number of the process, in this process's namespace; 0 if it is not visible here
 * @param uid the user's number
 * @param gid the number of the user's group
 */
public record PeerCredentials(int pid, int uid, int gid) {}

// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import io.ourio.sys.Statx;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Instant;

/**
 * What the kernel knows of a file. Made by whoever asks, filled by {@link Ring#stat}, {@link
 * Ring#lstat} or {@link Ring#fstat}, valid once that task has completed without an error, and until
 * it is given to another one. It must not be given to two tasks at a time.
 */
public final class FileStatus {
    private final MemorySegment statx = Arena.ofAuto().allocate(Statx.LAYOUT);

    /** Of nothing yet: every number is 0. */
    public FileStatus() {}

    long address() {
        return statx.address();
    }

    /** The size in bytes; of a symbolic link, the length of its target. */
    public long size() {
        return Statx.getLong(statx, "size");
    }

    /** The kind of file and who may do what with it, as {@code st_mode} has it. */
    public int mode() {
        return Statx.mode(statx);
    }

    /** Who may do what with it, as {@code chmod(2)} takes it: 0 to 07777. */
    public int permissions() {
        return mode() & ~Statx.S_IFMT;
    }

    /** Whether it is a file with content of its own. */
    public boolean isRegularFile() {
        return is(Statx.S_IFREG);
    }

    /** Whether it is a directory. */
    public boolean isDirectory() {
        return is(Statx.S_IFDIR);
    }

    /** Whether it is a symbolic link, which {@link Ring#lstat} alone sees. */
    public boolean isSymbolicLink() {
        return is(Statx.S_IFLNK);
    }

    /** Whether it is a pipe with a name. */
    public boolean isPipe() {
        return is(Statx.S_IFIFO);
    }

    /** Whether it is a socket with a name. */
    public boolean isSocket() {
        return is(Statx.S_IFSOCK);
    }

    /** Whether it is a device, of characters or of blocks. */
    public boolean isDevice() {
        return is(Statx.S_IFCHR) || is(Statx.S_IFBLK);
    }

    private boolean is(int kind) {
        return (mode() & Statx.S_IFMT) == kind;
    }

    /** How many names it has. */
    public int links() {
        return Statx.getInt(statx, "nlink");
    }

    /** The number of its owner. */
    public int uid() {
        return Statx.getInt(statx, "uid");
    }

    /** The number of its group. */
    public int gid() {
        return Statx.getInt(statx, "gid");
    }

    /** Its number in its file system. */
    public long inode() {
        return Statx.getLong(statx, "ino");
    }

    /** The disk space that it takes, in bytes. */
    public long allocated() {
        return Statx.getLong(statx, "blocks") * 512;
    }

    /** The size of reads and writes that suits the file system, in bytes. */
    public int blockSize() {
        return Statx.getInt(statx, "blksize");
    }

    /** The first number of the device that it lies on. */
    public int deviceMajor() {
        return Statx.getInt(statx, "dev_major");
    }

    /** The second number of the device that it lies on. */
    public int deviceMinor() {
        return Statx.getInt(statx, "dev_minor");
    }

    /** When its content was last read; many file systems note that seldom or never. */
    public Instant accessTime() {
        return time("atime");
    }

    /** When its content was last changed. */
    public Instant modificationTime() {
        return time("mtime");
    }

    /** When something of this status was last changed, by a program or by the content. */
    public Instant changeTime() {
        return time("ctime");
    }

    /** When it was made, or null if the file system does not keep that. */
    public Instant creationTime() {
        return (Statx.getInt(statx, "mask") & Statx.BTIME) != 0 ? time("btime") : null;
    }

    private Instant time(String field) {
        return Instant.ofEpochSecond(Statx.seconds(statx, field), Statx.nanos(statx, field));
    }

    @Override
    public String toString() {
        return "FileStatus[mode=0" + Integer.toOctalString(mode()) + " size=" + size()
                + " inode=" + inode() + ']';
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.ourio;

import java.util.Arrays;

/** The tasks of a ring that wait for a time, soonest first: a binary heap that knows positions. */
final class TimerHeap {
    /** One task's place in one heap. It stays with its task, so that starting again is free. */
    static final class Entry {
        final Task task;
        private long when;
        private int position = -1;

        Entry(Task task) {
            this.task = task;
        }

        boolean isArmed() {
            return position >= 0;
        }
    }

    private Entry[] entries = new Entry[16];
    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    /** The time until the soonest entry, in the heap's own clock; none if negative. */
    long delay(long now) {
        return entries[0].when - now;
    }

    void add(Entry entry, long when) {
        assert !entry.isArmed() : entry.task;
        if (size == entries.length) {
            entries = Arrays.copyOf(entries, size * 2);
        }
        entry.when = when;
        siftUp(size++, entry);
    }

    void remove(Entry entry) {
        int at = entry.position;
        assert entries[at] == entry : entry.task;
        entry.position = -1;
        Entry last = entries[--size];
        entries[size] = null;
        if (last != entry) {
            siftDown(at, last);
            if (entries[at] == last) {
                siftUp(at, last);
            }
        }
    }

    /** Takes the soonest entry if its time has come, or null. */
    Entry poll(long now) {
        if (size == 0 || entries[0].when - now > 0) {
            return null;
        }
        Entry first = entries[0];
        remove(first);
        return first;
    }

    /** Takes any entry, whatever its time, or null. */
    Entry pollAny() {
        if (size == 0) {
            return null;
        }
        Entry last = entries[size - 1];
        remove(last);
        return last;
    }

    private void siftUp(int at, Entry entry) {
        while (at > 0) {
            int parent = (at - 1) >>> 1;
            if (entries[parent].when - entry.when <= 0) {
                break;
            }
            place(at, entries[parent]);
            at = parent;
        }
        place(at, entry);
    }

    private void siftDown(int at, Entry entry) {
        while (at < size >>> 1) {
            int child = 2 * at + 1;
            if (child + 1 < size && entries[child + 1].when - entries[child].when < 0) {
                child++;
            }
            if (entries[child].when - entry.when >= 0) {
                break;
            }
            place(at, entries[child]);
            at = child;
        }
        place(at, entry);
    }

    private void place(int at, Entry entry) {
        entries[at] = entry;
        entry.position = at;
    }
}

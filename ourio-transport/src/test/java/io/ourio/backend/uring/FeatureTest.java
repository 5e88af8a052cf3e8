// SPDX-License-Identifier: Apache-2.0
package io.ourio.backend.uring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ourio.sys.Uring;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FeatureTest {
    @ParameterizedTest
    @ValueSource(strings = {"", " ", ",", " , ,"})
    void nothingIsDisabledByNothing(String disabled) {
        assertEquals(EnumSet.allOf(Feature.class), Feature.wanted(disabled));
    }

    @ParameterizedTest
    @EnumSource
    void eachIsDisabledByItsName(Feature feature) {
        EnumSet<Feature> expected = EnumSet.complementOf(EnumSet.of(feature));
        if (feature == Feature.SINGLE_ISSUER) {
            expected.remove(Feature.DEFER_TASKRUN); // The kernel does not take it alone.
        }
        assertEquals(expected, Feature.wanted(feature.id()));
        assertFalse(Feature.wanted(" " + feature.id() + " ,no_iowait").contains(feature));
    }

    @Test
    void allCanBeDisabled() {
        String all = Arrays.stream(Feature.values()).map(Feature::id)
                .collect(Collectors.joining(","));
        assertEquals(EnumSet.noneOf(Feature.class), Feature.wanted(all));
        assertEquals(0, Feature.setupFlags(Feature.wanted(all)));
        assertNull(Feature.newestAsked(Feature.wanted(all)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqpoll", "NO_SQARRAY", "no_iowait;cancel_any"})
    void unknownNameIsRefused(String name) {
        String message = assertThrows(IllegalArgumentException.class,
                () -> Feature.wanted("no_iowait," + name)).getMessage();
        assertEquals("io.ourio.uring.disable names '" + name + "'; there are "
                + Arrays.stream(Feature.values()).map(Feature::id).toList(), message);
    }

    /** The kernel takes one of the two ways to run completions and not both. */
    @Test
    void deferredCompletionsReplaceCooperativeOnes() {
        int all = Feature.setupFlags(EnumSet.allOf(Feature.class));
        assertEquals(Uring.SETUP_NO_SQARRAY | Uring.SETUP_DEFER_TASKRUN
                | Uring.SETUP_SINGLE_ISSUER | Uring.SETUP_SUBMIT_ALL, all);
        assertEquals(Uring.SETUP_NO_SQARRAY | Uring.SETUP_COOP_TASKRUN
                | Uring.SETUP_SINGLE_ISSUER | Uring.SETUP_SUBMIT_ALL,
                Feature.setupFlags(Feature.wanted("defer_taskrun")));
    }

    /** What a refused set-up gives up, one by one, newest first: it must come to an end. */
    @Test
    void refusedSetUpStepsDownToNothing() {
        EnumSet<Feature> features = EnumSet.allOf(Feature.class);
        StringBuilder steps = new StringBuilder();
        for (Feature next = Feature.newestAsked(features); next != null;
                next = Feature.newestAsked(features)) {
            steps.append(next.id()).append(' ');
            features.remove(next);
        }
        assertEquals("no_sqarray defer_taskrun single_issuer coop_taskrun submit_all ",
                steps.toString());
        assertEquals(0, Feature.setupFlags(features));
    }
}

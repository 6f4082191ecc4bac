package dev.dovetail.cli.calibrate;

import dev.dovetail.ir.calibration.MachineProfile.MessageCost;
import dev.dovetail.runtime.mesh.Axis;
import dev.dovetail.runtime.transport.Buffer;
import dev.dovetail.runtime.transport.Exchange;
import dev.dovetail.runtime.transport.InProcessNetwork;
import dev.dovetail.runtime.transport.MessageTag;
import dev.dovetail.runtime.transport.Transport;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;

/** Measures messages between two ranks that are threads: how long an empty one takes, and what each byte costs. */
final class MessageProbe {
    private static final int ROUNDS = 3000;
    private static final int LARGE = 1 << 20;
    private static final MessageTag PING = new MessageTag(Axis.PIPELINE, Exchange.SEND, 0);

    private MessageProbe() {}

    static MessageCost measure() throws InterruptedException {
        double latency = roundTrip() / 2;
        double[] copies = copies();
        return new MessageCost(latency, copies[0] / LARGE, copies[1] / LARGE);
    }

    private static double roundTrip() throws InterruptedException {
        try (var network = new InProcessNetwork(2, Duration.ofSeconds(20))) {
            Transport near = network.endpoint(0);
            Transport far = network.endpoint(1);
            Thread echo = Thread.ofPlatform().start(() -> {
                for (int i = 0; i < ROUNDS; i++) {
                    far.receive(0, PING).release();
                    far.send(0, PING, far.take(0));
                }
            });
            var times = new ArrayList<Double>();
            for (int i = 0; i < ROUNDS; i++) {
                long began = System.nanoTime();
                near.send(1, PING, near.take(0));
                near.receive(1, PING).release();
                times.add((System.nanoTime() - began) * 1e-9);
            }
            echo.join();
            return Medians.of(times.subList(ROUNDS / 2, ROUNDS));
        }
    }

    /** Seconds to copy a large message out of one arena, and into another. */
    private static double[] copies() {
        try (var network = new InProcessNetwork(2, Duration.ofSeconds(20));
                Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(2L * LARGE, 64);
            Transport near = network.endpoint(0);
            Transport far = network.endpoint(1);
            var out = new ArrayList<Double>();
            var in = new ArrayList<Double>();
            for (int i = 0; i < 200; i++) {
                long began = System.nanoTime();
                Buffer message = near.take(LARGE);
                MemorySegment.copy(memory, 0, message.bytes(), 0, LARGE);
                near.send(1, PING, message);
                long sent = System.nanoTime();
                Buffer arrived = far.receive(0, PING);
                MemorySegment.copy(arrived.bytes(), 0, memory, LARGE, LARGE);
                arrived.release();
                out.add((sent - began) * 1e-9);
                in.add((System.nanoTime() - sent) * 1e-9);
            }
            return new double[] {Medians.of(out.subList(100, 200)), Medians.of(in.subList(100, 200))};
        }
    }
}

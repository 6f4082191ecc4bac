package dev.dovetail.ir.timing;

import dev.dovetail.ir.program.Instruction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/**
 * Exchanges of a body that travel while its rank does other work. They share one network: each sets out when it is begun and those
 * before it have arrived.
 */
public final class Flights {
    private final double beside;
    private final List<Flight> flights = new ArrayList<>();
    private final double[] seconds;
    /** When all that was begun has arrived, and until when the rank is busy; both from the start of the body. */
    private double arrived;

    private double now;

    /**
     * An exchange on its way, in seconds from the start of its body.
     *
     * @param instruction place in the body of what began it
     */
    public record Flight(int instruction, double begin, double end) {}

    private record Travelling(double begin, double end, double seconds) {}

    private Flights(List<Instruction> body, double[] alone, double beside) {
        this.beside = beside;
        this.seconds = alone.clone();
        var travelling = new HashMap<Integer, Travelling>();
        for (int i = 0; i < seconds.length; i++) {
            switch (body.get(i)) {
                case Instruction.Begin b -> {
                    double begin = Math.max(now, arrived);
                    arrived = begin + alone[i];
                    travelling.put(b.ticket(), new Travelling(begin, arrived, alone[i]));
                    flights.add(new Flight(i, begin, arrived));
                    seconds[i] = 0;
                }
                case Instruction.Await a -> seconds[i] = left(travelling.remove(a.ticket()));
                default -> {}
            }
            now += seconds[i];
        }
    }

    /** What of an exchange is not over, and what it took from the work beside it. */
    private double left(Travelling exchange) {
        double exposed = Math.clamp(exchange.end() - now, 0, exchange.seconds());
        double hidden = exchange.seconds() - exposed;
        return Math.max(0, exchange.end() - now) + (1 - beside) * hidden;
    }

    /**
     * Seconds of each instruction, where those of an exchange that is begun are all that it takes.
     *
     * @param beside share of an exchange that goes on while the rank computes
     */
    public static double[] awaited(List<Instruction> body, double[] alone, double beside) {
        boolean begins = body.stream().anyMatch(Instruction.Begin.class::isInstance);
        return begins ? new Flights(body, alone, beside).seconds : alone;
    }

    /** When exchanges that were begun travel, in the order in which they set out. */
    public static List<Flight> of(List<Instruction> body, double[] alone, double beside) {
        return List.copyOf(new Flights(body, alone, beside).flights);
    }
}

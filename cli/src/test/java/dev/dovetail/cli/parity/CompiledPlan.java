package dev.dovetail.cli.parity;

import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.program.Program;
import dev.dovetail.runtime.rank.RankProgram;

/** A plan's program and the generated classes that run it. */
record CompiledPlan(Decisions decisions, Program program, RankProgram.Factory ranks) {}

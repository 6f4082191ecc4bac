package dev.dovetail.runtime.mesh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class MeshTest {
    @Test
    void tensorIsInnermostAndPipelineOutermost() {
        Mesh mesh = Mesh.of(2, 3, 4);
        assertEquals(24, mesh.size());
        assertEquals("rank 17 (pipeline 1, data 1, tensor 1)", mesh.position(17).toString());
        assertEquals(17, mesh.rank(1, 1, 1));
        assertEquals(List.of(16, 17, 18, 19), mesh.position(17).group(Axis.TENSOR));
        assertEquals(List.of(13, 17, 21), mesh.position(17).group(Axis.DATA));
        assertEquals(List.of(5, 17), mesh.position(17).group(Axis.PIPELINE));
        assertEquals(24, mesh.position(17).group(Axis.WORLD).size());
        assertEquals(17, mesh.position(17).coordinate(Axis.WORLD));
    }

    @Test
    void everyRankIsInItsGroupsAtItsCoordinate() {
        Mesh mesh = Mesh.of(2, 4, 3, 2).sharingExperts(6, 1, 1);
        List<Axis> axes =
                List.of(Axis.PIPELINE, Axis.DATA, Axis.CONTEXT, Axis.EXPERT, Axis.EXPERT_DATA, Axis.TENSOR, Axis.WORLD);
        mesh.positions()
                .forEach(position -> axes.forEach(axis -> {
                    List<Integer> group = position.group(axis);
                    assertEquals(mesh.size(axis), group.size());
                    assertEquals(position.rank(), group.get(position.coordinate(axis)));
                }));
        assertEquals(12, mesh.size(Axis.DATA));
        assertEquals(3, mesh.size(Axis.CONTEXT));
        assertEquals(4, mesh.replicas());
        // Those that share a sequence have different experts; so has one of them in the next replica.
        assertEquals(List.of(0, 2, 4), mesh.position(4).group(Axis.CONTEXT));
        assertEquals(List.of(4, 10), mesh.position(4).group(Axis.EXPERT));
        assertEquals(List.of(4, 16), mesh.position(4).group(Axis.EXPERT_DATA));
    }

    @Test
    void anEarlyAndALateStretchOfEverySequence() {
        Mesh mesh = Mesh.of(1, 1, 2, 1);
        assertEquals(List.of(4L, 5L, 6L, 7L), positions(mesh, 1));
        assertEquals(List.of(0L, 1L, 6L, 7L), positions(mesh.mirroring(), 0));
        assertEquals(List.of(2L, 3L, 4L, 5L), positions(mesh.mirroring(), 1));
    }

    private static List<Long> positions(Mesh mesh, int rank) {
        Stretches stretches = mesh.position(rank).stretches(8);
        return LongStream.range(0, stretches.count()).mapToObj(stretches::at).toList();
    }

    @Test
    void anAxisTheMeshLacksHasOneRank() {
        Position position = Mesh.of(2, 2, 1).position(3);
        assertEquals(0, position.coordinate(Axis.EXPERT));
        assertEquals(List.of(3), position.group(Axis.EXPERT));
        assertEquals(1, position.mesh().size(Axis.EXPERT));
    }

    @Test
    void impossibleMeshesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Mesh.of(0, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> Mesh.of(2, 2, 2).position(8));
        assertThrows(IllegalArgumentException.class, () -> Mesh.of(2, 2, 2).rank(0, 2, 0));
        Mesh.Extent twice = new Mesh.Extent(Axis.DATA, 2);
        assertThrows(IllegalArgumentException.class, () -> new Mesh(List.of(twice, twice)));
        Mesh.Extent beside = new Mesh.Extent(Axis.CONTEXT, 2);
        var inside = new Mesh.Part(Axis.CONTEXT, Axis.DATA, 1, 2);
        assertThrows(IllegalArgumentException.class, () -> new Mesh(List.of(twice, beside), List.of(inside), false));
        assertThrows(IllegalArgumentException.class, () -> Mesh.of(1, 3, 1).sharingExperts(2, 1, 1));
    }
}

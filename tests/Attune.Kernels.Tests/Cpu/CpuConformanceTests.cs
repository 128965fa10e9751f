using Attune.Kernels.Cpu;
using Attune.Tensors.Backends;
using Attune.Testing.Conformance;

namespace Attune.Kernels.Tests.Cpu;

/// <summary>Every instruction tier of the machine, that of AMX with modelled tiles, and the fastest one without its fused methods, against the reference backend.</summary>
public sealed class CpuConformanceTests(CpuConformanceTests.Fixture fixture) : IClassFixture<CpuConformanceTests.Fixture>
{
    public static TheoryData<string> Rows => OpConformance.Rows;

    public static TheoryData<string> Hostile => HostileIndices.Rows;

    [Theory]
    [MemberData(nameof(Rows))]
    public void Operations_conform(string row) => OpConformance.Check(row, fixture.Backends);

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Indices_that_name_nothing_are_refused(string row)
    {
        foreach (IBackend backend in fixture.Backends)
        {
            HostileIndices.Check(backend, row);
        }
    }

    public sealed class Fixture : IDisposable
    {
        private readonly CpuBackend[] _made =
        [
            .. Cpu.Backend.Backends.ModelledTiles(threads: 2),
            .. CpuTiers.Available.Select(tier => new CpuBackend(new CpuBackendOptions { Tier = tier, Threads = 2 })),
        ];

        public IBackend[] Backends => [.. _made, new PrimitivesOnlyBackend(_made[^1])];

        public void Dispose()
        {
            foreach (CpuBackend backend in _made)
            {
                backend.Dispose();
            }
        }
    }
}

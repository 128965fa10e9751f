using Attune.Tensors.Backends;
using Attune.Testing.Conformance;

namespace Attune.Tensors.Tests;

/// <summary>Reuse of blocks from step to step.</summary>
public sealed class MemoryPoolTests
{
    private const long Megabyte = 1 << 20;

    [Fact]
    public void A_step_that_repeats_takes_no_new_block()
    {
        var backend = new PrimitivesOnlyBackend(new ReferenceBackend());
        using var device = new Device(backend);
        var step = new Step(device);
        step.Run();
        step.Run();
        int before = backend.Allocations;
        for (int i = 0; i < 5; i++)
        {
            step.Run();
        }

        Assert.Equal(before, backend.Allocations);
        Assert.Equal(0, backend.Frees);
    }

    [Fact]
    public void A_step_that_repeats_makes_no_garbage()
    {
#if DEBUG
        Assert.Skip("debug builds never reuse the handles of tensors");
#else
        using var device = new Device(new ReferenceBackend());
        var step = new Step(device);
        for (int i = 0; i < 50; i++)
        {
            step.Run();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
        {
            step.Run();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
#endif
    }

    [Fact]
    public void Blocks_that_are_never_held_together_are_kept_all_the_same()
    {
        // Together they are more than was ever in use at once.
        var backend = new PrimitivesOnlyBackend(new ReferenceBackend());
        using var device = new Device(backend);
        for (int i = 0; i < 4; i++)
        {
            foreach (long megabytes in (long[])[30, 90])
            {
                using StepScope scope = device.Scope();
                device.Empty([megabytes * Megabyte], DType.U8);
            }
        }

        Assert.Equal(2, backend.Allocations);
    }

    [Fact]
    public void Changing_shapes_never_reserve_more_than_twice_the_most_in_use()
    {
        var backend = new PrimitivesOnlyBackend(new ReferenceBackend());
        using var device = new Device(backend);
        for (long megabytes = 40; megabytes < 400; megabytes += megabytes / 4)
        {
            using StepScope scope = device.Scope();
            device.Empty([megabytes * Megabyte], DType.U8);
            Assert.True(device.ReservedBytes <= 2 * device.PeakBytes, $"{device.ReservedBytes} bytes are reserved, at most {device.PeakBytes} were in use");
        }

        Assert.True(backend.Frees > 0);
        device.TrimMemory();
        Assert.Equal(0, device.ReservedBytes);
        Assert.Equal(backend.Allocations, backend.Frees);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(1000)]
    public void Every_block_holds_what_was_asked_for(long blockMultiple)
    {
        using var device = new Device(new PrimitivesOnlyBackend(new ReferenceBackend()) { BlockMultiple = blockMultiple });
        var random = new Random(3);
        for (int round = 0; round < 200; round++)
        {
            using StepScope scope = device.Scope();
            var held = new HashSet<Storage>();
            for (int i = 0; i < 8; i++)
            {
                Tensor x = device.Empty([random.Next(0, 20_000)], DType.F32);
                Assert.True(x.Storage.Bytes >= 4 * x.Count);
                Assert.True(held.Add(x.Storage));
            }
        }
    }

    /// <summary>A small training step over two parameters.</summary>
    private sealed class Step
    {
        private readonly Device _device;
        private readonly Tensor _x;
        private readonly Tensor _w;

        public Step(Device device)
        {
            _device = device;
            _x = device.Full([5, 8], DType.F32, 0.5);
            _w = device.Full([8, 8], DType.F32, 0.25);
            _x.RequiresGrad = true;
            _w.RequiresGrad = true;
        }

        public void Run()
        {
            using StepScope scope = _device.Scope();
            _x.ZeroGrad();
            _w.ZeroGrad();
            Tensor h = _x.MatMul(_w).Silu();
            h = h.Add(h.Softmax()).RmsNorm(_w.Narrow(0, 0, 1).Reshape(8), 1e-5).Dropout(0.1);
            h = h.Transpose().Contiguous().Reshape(5, 8).Concat(_x).Narrow(0, 2, 6).LayerNorm(_w.Narrow(0, 1, 1).Reshape(8), null, 1e-5);
            _device.Tape.Backward(h.SwiGlu(h).Square().Mean());
        }
    }
}

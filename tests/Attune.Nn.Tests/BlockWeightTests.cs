using Attune.Kernels;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Nn.Tests;

/// <summary>When a weight keeps the few bits of its file, and that it then computes as a wide one does.</summary>
public sealed class BlockWeightTests : IDisposable
{
    private const int Out = 40;
    private const int In = 64;

    private readonly CpuBackend _backend;
    private readonly Device _device;

    public BlockWeightTests()
    {
        _backend = new CpuBackend();
        _device = new Device(_backend);
    }

    public void Dispose()
    {
        _device?.Dispose();
        _backend?.Dispose();
    }

    [Fact]
    public void Weights_of_few_bits_keep_them_unless_something_is_trained()
    {
        Assert.IsType<BlockWeight>(Load(new WeightOptions { Compute = DType.BF16 }).Weight);
        Assert.IsType<BlockWeight>(Load(new WeightOptions { Compute = DType.F32 }).Weight);
        Assert.IsType<DenseWeight>(Load(new WeightOptions { Compute = DType.BF16, Training = true }).Weight);
        Assert.IsType<DenseWeight>(Load(new WeightOptions { Compute = DType.BF16, IsTrainable = _ => true }).Weight);
    }

    [Theory]
    [InlineData(DType.BF16)]
    [InlineData(DType.F32)]
    public void Products_values_and_gradients_are_those_of_the_wide_weight(DType compute)
    {
        using StepScope scope = _device.Scope();
        Linear few = Load(new WeightOptions { Compute = compute });
        Linear wide = Load(new WeightOptions { Compute = compute, Training = true });
        Assert.Equal(new Blocks().Values, few.Weight.Dequantize().ToArray());
        Assert.True(few.Weight.Bytes < wide.Weight.Bytes / 3);
        Tensor residual = Numbers(5, Out).Cast(DType.F32);
        (float[] y, float[] dX) = Run(few, residual);
        (float[] expectedY, float[] expectedDX) = Run(wide, residual);
        Assert.All(y.Zip(expectedY), pair => Assert.Equal(pair.Second, pair.First, 0.02f));
        Assert.All(dX.Zip(expectedDX), pair => Assert.Equal(pair.Second, pair.First, 0.05f));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(40)]
    public void Layers_that_read_the_same_rows_give_together_what_each_gives_alone(int rows)
    {
        using StepScope scope = _device.Scope();
        var profiled = new ProfilingBackend(_backend);
        using var device = new Device(profiled);
        Linear[] layers = [.. Enumerable.Range(0, 3).Select(_ => Load(new WeightOptions { Compute = DType.BF16 }, device))];
        using StepScope inner = device.Scope();
        Tensor x = device.From([.. Numbers(rows, In).ToArray()], [rows, In]).Cast(DType.BF16);
        float[][] alone = [.. layers.Select(layer => layer.Forward(x).ToArray())];
        profiled.Clear();
        Tensor[] together = [x, x, x];
        Linear.Forward(x, layers, together);
        Assert.Equal(rows <= 32 ? 1 : 3, profiled.Calls.Count);
        Assert.All(together.Zip(alone), pair => Assert.Equal(pair.Second, pair.First.ToArray()));
    }

    [Fact]
    public void Rows_are_rounded_where_that_is_asked_for_and_once_for_layers_that_share_them()
    {
        using StepScope scope = _device.Scope();
        var profiled = new ProfilingBackend(_backend);
        using var device = new Device(profiled);
        Linear[] layers = [.. Enumerable.Range(0, 3).Select(_ => Load(new WeightOptions { Compute = DType.BF16, Int8Activations = true }, device))];
        using StepScope inner = device.Scope();
        Tensor x = device.From([.. Numbers(40, In).ToArray()], [40, In]).Cast(DType.BF16);
        float[] alone = layers[0].Forward(x).ToArray();
        profiled.Clear();
        Tensor[] together = [x, x, x];
        Linear.Forward(x, layers, together);
        Assert.Single(profiled.Calls);
        Assert.All(together, y => Assert.Equal(alone, y.ToArray()));
        float[] plain = Load(new WeightOptions { Compute = DType.BF16 }, device).Forward(x).ToArray();
        Assert.NotEqual(plain, alone);
        Assert.All(plain.Zip(alone), pair => Assert.Equal(pair.First, pair.Second, 0.05f));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rows_of_output_layers_are_not_rounded(bool tied)
    {
        using StepScope scope = _device.Scope();
        var weights = new WeightBuilder(_device, new Reader(new Blocks()), new WeightOptions { Compute = DType.BF16, Int8Activations = true });
        Tensor x = Numbers(40, In);
        float[] expected = Load(new WeightOptions { Compute = DType.BF16 }).Forward(x).ToArray();
        Assert.Equal(expected, weights.Head("layer", weights.Embedding("layer", Out, In), tied).Forward(x).ToArray());
    }

    [Fact]
    public void Layers_whose_input_has_gradients_are_recorded_each_alone()
    {
        using StepScope scope = _device.Scope();
        Linear[] layers = [Load(new WeightOptions { Compute = DType.BF16 }), Load(new WeightOptions { Compute = DType.BF16 })];
        Tensor x = Numbers(2, In);
        x.RequiresGrad = true;
        Tensor[] together = [x, x];
        Linear.Forward(x, layers, together);
        _device.Tape.Backward(together[0].Add(together[1]).Sum());
        Tensor twice = Numbers(2, In);
        twice.RequiresGrad = true;
        Tensor y = layers[0].Forward(twice);
        _device.Tape.Backward(y.Add(y).Sum());
        Assert.Equal(twice.Grad!.ToArray(), x.Grad!.ToArray());
    }

    [Fact]
    public void A_dense_copy_is_as_precise_as_the_weight()
    {
        using StepScope scope = _device.Scope();
        Linear few = Load(new WeightOptions { Compute = DType.F32 });
        Tensor values = _device.Persistent([Out, In], DType.F32);
        values.CopyFrom<float>(few.Weight.Dequantize().ToArray());
        using DenseWeight copy = few.Weight.CreateDense(values, trainable: false);
        Tensor x = _device.From([.. Enumerable.Range(0, 3 * In).Select(i => MathF.Sin(i))], [3, In]);
        Assert.All(copy.Forward(x, null, null).ToArray().Zip(few.Forward(x).ToArray()), pair => Assert.Equal(pair.Second, pair.First, 1e-5f));
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_named()
    {
        var weights = new WeightBuilder(_device, new Reader(new Blocks { Scale = float.PositiveInfinity }), new WeightOptions { Compute = DType.BF16 });
        weights.Linear("layer", In, Out, bias: false);
        Assert.Contains("layer.weight holds NaN or infinity", Assert.Throws<WeightException>(weights.Finish).Message);
    }

    private Linear Load(WeightOptions options, Device? device = null) => new WeightBuilder(device ?? _device, new Reader(new Blocks()), options).Linear("layer", In, Out, bias: false);

    private Tensor Numbers(int rows, int columns)
    {
        var random = new Random(rows);
        return _device.From([.. Enumerable.Range(0, rows * columns).Select(_ => random.NextSingle() - 0.5f)], [rows, columns]).Cast(DType.BF16);
    }

    private (float[] Y, float[] DX) Run(Linear layer, Tensor residual)
    {
        Tensor x = Numbers(5, In);
        x.RequiresGrad = true;
        Tensor y = layer.Forward(x, residual);
        _device.Tape.Backward(y.Sum());
        return (y.ToArray(), x.Grad!.ToArray());
    }

    private sealed class Blocks : IBlockMatrix
    {
        public float Scale { get; init; } = 0.125f;

        public int Rows => Out;

        public int Columns => In;

        public BlockFormat Format => new(4, HasOffsets: false, DType.F16);

        public float[] Values => [.. Enumerable.Range(0, Out * In).Select(i => Scale * (Code(i) - 8))];

        public void ReadRows(int firstRow, Span<byte> codes, Span<float> scales, Span<float> offsets)
        {
            scales.Fill(Scale);
            for (int i = 0; i < codes.Length; i++)
            {
                codes[i] = Code((firstRow * In) + i);
            }
        }

        private static byte Code(int i) => (byte)((i * 7) % 16);
    }

    private sealed class Reader(Blocks blocks) : IWeightReader
    {
        public string Location => "memory";

        public IReadOnlyCollection<string> Names => ["layer.weight"];

        public bool TryGetShape(string name, in Shape expected, out Shape shape)
        {
            shape = [Out, In];
            return true;
        }

        public void Read(string name, long elementOffset, Span<float> destination) => blocks.Values.AsSpan((int)elementOffset, destination.Length).CopyTo(destination);

        public IBlockMatrix? TryOpenBlocks(string name) => blocks;
    }
}

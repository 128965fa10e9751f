using Attune.Tensors;

namespace Attune.Nn.Tests;

/// <summary>What tests of layers with low-rank updates are made of.</summary>
internal static class UpdatedLayers
{
    /// <summary>Numbers from -1 to 1, the same for each seed.</summary>
    public static Tensor Numbers(Device device, int seed, int rows, int columns)
    {
        var random = new Random(seed);
        return device.From([.. Enumerable.Range(0, rows * columns).Select(_ => (random.NextSingle() * 2) - 1)], [rows, columns]);
    }

    /// <summary>The same numbers, kept beyond the step.</summary>
    public static Tensor KeptNumbers(Device device, int seed, int rows, int columns)
    {
        Tensor kept = device.Persistent([rows, columns], DType.F32);
        device.Backend.Copy(Numbers(device, seed, rows, columns), kept);
        return kept;
    }

    /// <summary>The same numbers, trained.</summary>
    public static Tensor TrainedNumbers(Device device, int seed, int rows, int columns)
    {
        Tensor trained = Numbers(device, seed, rows, columns);
        trained.RequiresGrad = true;
        return trained;
    }

    /// <summary>An adapter that is an update and nothing else.</summary>
    public sealed class UpdateAdapter(LowRankUpdate update) : ILinearAdapter
    {
        public LowRankUpdate Update { get; } = update;

        public Tensor Forward(Linear layer, Tensor x, Tensor output) => output;
    }
}

using Attune.Nn;
using Attune.Tensors;

namespace Attune.Cli.Models;

/// <summary>What the option <c>activations</c> asks for.</summary>
internal static class Int8Activations
{
    /// <summary>Whether rows of activations are rounded to int8.</summary>
    /// <param name="name">The option's value.</param>
    /// <param name="compute">Precision of activations and products.</param>
    /// <exception cref="UsageException">There is no such name, or dtype says otherwise.</exception>
    public static bool AreAskedFor(string? name, DType compute) => name switch
    {
        null => false,
        "int8" => true,
        "bf16" when compute == DType.BF16 => false,
        "bf16" => throw new UsageException("activations: bf16 are those of dtype bf16, found fp32; leave activations out, or give --dtype bf16"),
        _ => throw new UsageException($"activations: expected bf16 or int8, found '{name}'"),
    };

    /// <summary>Refuses to go on with a model in which nothing is rounded.</summary>
    /// <exception cref="UsageException">No weight is held in few bits and multiplied in bf16.</exception>
    public static void RequireUse(Network network, string tier)
    {
        if (!network.Modules().OfType<Linear>().Any(layer => layer.Weight is BlockWeight { RoundsRows: true }))
        {
            throw new UsageException(
                "activations: int8 needs weights that are held in 4 or 8 bits and multiplied in bf16, found none: they come from GGUF files in Q4_0, Q4_1, Q4_K or Q8_0 (attune convert MODEL OUT.gguf --dtype q8_0 makes one) "
                + $"with dtype bf16 on a processor that has instructions for it (instructions in use: {tier}); leave activations out");
        }
    }
}

using System.Text.Json;
using Attune.Formats;
using Attune.Kernels;
using Attune.Tensors;
using Attune.Testing;
using Attune.Training.Objectives;

namespace Attune.Training.Tests.Objectives;

/// <summary>Losses of vectors beside those of sentence-transformers.</summary>
[Trait("Category", "Golden")]
public sealed class EmbeddingObjectiveGoldenTests
{
    /// <summary>The README's tolerances: of a loss, relative, and of gradients, relative to the largest.</summary>
    private const double LossTolerance = 2e-6;
    private const double GradientTolerance = 5e-6;

    public static TheoryData<string> Cases
    {
        get
        {
            string path = Path.Combine(Goldens.Root, "training", "objectives", "contrastive", "cases.json");
            if (!File.Exists(path))
            {
                return [Goldens.None];
            }

            using JsonDocument cases = GoldenArrays.Json(path);
            return [.. cases.RootElement.EnumerateObject().Select(entry => entry.Name)];
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_and_gradients(string name)
    {
        string folder = Goldens.Require("training", "objectives", "contrastive");
        Assert.SkipUnless(name is "multiple_negatives_ranking" or "multiple_negatives_ranking_hard" or "cosine_similarity" or Goldens.None, $"{name} is a loss that is not built");
        using JsonDocument cases = GoldenArrays.Json(Path.Combine(folder, "cases.json"));
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, "contrastive.safetensors"));
        using var backend = new CpuBackend();
        using var device = new Device(backend);
        Tensor[] sides = [.. cases.RootElement.GetProperty(name).GetProperty("inputs").EnumerateArray().Select(input => Side(device, file, input.GetString()!))];
        using StepScope scope = device.Scope();
        Tensor sum = name == "cosine_similarity"
            ? EmbeddingObjective.SumCosineLosses(sides[0], sides[1], device.From(file.ReadFloat32("similarity"), [sides[0].Shape[0]]))
            : EmbeddingObjective.SumRankingLosses(sides[0], sides.Length == 2 ? sides[1] : sides[1].Concat(sides[2]));
        double expected = cases.RootElement.GetProperty(name).GetProperty("loss").GetDouble();
        Assert.Equal(expected, sum.Item() / sides[0].Shape[0], LossTolerance * expected);
        device.Tape.Backward(sum, 1.0 / sides[0].Shape[0]);
        float[][] gradients = [.. sides.Select((_, i) => file.ReadFloat32($"{name}|d{i}"))];
        float largest = gradients.SelectMany(values => values).Max(MathF.Abs);
        for (int i = 0; i < sides.Length; i++)
        {
            GoldenArrays.Close(gradients[i], sides[i].Grad!.ToArray(), GradientTolerance * largest, $"{name}, gradient {i}");
        }
    }

    private static Tensor Side(Device device, SafetensorsFile file, string name)
    {
        Tensor side = device.Persistent(file.Info(name).Shape, DType.F32);
        side.CopyFrom<float>(file.ReadFloat32(name));
        side.RequiresGrad = true;
        return side;
    }
}

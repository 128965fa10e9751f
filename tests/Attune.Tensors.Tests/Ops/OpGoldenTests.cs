using Attune.Tensors.Backends;
using Attune.Testing;

namespace Attune.Tensors.Tests.Ops;

/// <summary>Single operations against the reference values, forward and every gradient.</summary>
[Trait("Category", "Golden")]
public sealed class OpGoldenTests
{
    /// <summary>Files whose cases are functions of the layers above and are compared there, and the note about cross entropy without any target.</summary>
    private static readonly string[] Elsewhere = ["buckets", "positions", "clip", ""];

    public static TheoryData<string> Rows => [.. OpGolden.Names().Where(IsHere)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Outputs_and_gradients_are_those_of_the_reference(string row)
    {
        using var device = new Device(new ReferenceBackend());
        using OpGolden golden = OpGolden.Open(row, device);
        using StepScope scope = device.Scope();
        Tensor[] outputs = OpGoldenCases.Files[row.Split('/')[0]](golden);
        Tensor? loss = null;
        for (int i = 0; i < outputs.Length; i++)
        {
            Compare(golden, golden.Outputs[i], outputs[i]);
            if (golden.Wanted.Length > 0)
            {
                Tensor part = outputs[i].Mul(device.From(golden.Upstream(golden.Outputs[i]), outputs[i].Shape)).Sum();
                loss = loss is null ? part : loss.Add(part);
            }
        }

        if (loss is not null)
        {
            device.Tape.Backward(loss);
        }

        foreach (string name in golden.Wanted)
        {
            Compare(golden, $"grad_{name}", golden[name].Grad!);
        }
    }

    [Fact]
    public void Every_file_of_cases_is_compared_somewhere()
    {
        string[] rows = [.. OpGolden.Names()];
        Assert.SkipWhen(rows is [Goldens.None], "needs families/ops of the reference values");
        string[] files = [.. rows.Select(row => row.Split('/')[0]).Distinct()];
        Assert.Empty(files.Except(OpGoldenCases.Files.Keys).Except(Elsewhere));
    }

    [Fact]
    public void Cross_entropy_without_any_target_has_no_mean_and_the_sum_0()
    {
        using var device = new Device(new ReferenceBackend());
        using StepScope scope = device.Scope();
        Tensor logits = device.From([1f, 2, 3, 4], [2, 2]);
        Tensor labels = device.From([-100, -100], [2]);
        Assert.True(float.IsNaN(logits.ClassCrossEntropy(labels).Item()));
        Assert.Equal(0, logits.ClassCrossEntropy(labels, new ClassCrossEntropyOptions { Reduction = Reduction.Sum }).Item());
    }

    public static TheoryData<string> ClippingRows => [.. OpGolden.Names().Where(row => row.StartsWith("clip/", StringComparison.Ordinal)).DefaultIfEmpty(Goldens.None)];

    [Theory]
    [MemberData(nameof(ClippingRows))]
    public void Norms_over_all_gradients_are_those_of_the_reference(string row)
    {
        using var device = new Device(new ReferenceBackend());
        using OpGolden golden = OpGolden.Open(row, device);
        using StepScope scope = device.Scope();
        Tensor all = golden.Make("grad0").Reshape(-1);
        foreach (string name in (string[])["grad1", "grad2", "grad3"])
        {
            all = all.Concat(golden.Make(name).Reshape(-1));
        }

        Tensor norm = golden.Name.Split("norm")[1] switch
        {
            "1" => all.Abs().Sum(),
            "2" => all.Square().Sum().Sqrt(),
            _ => all.Abs().Max(0),
        };
        double expected = golden.Number("total_norm_before");
        Assert.Equal(expected, norm.Item(), 1e-6 * expected);
        double coefficient = Math.Min(1, golden.Number("max_norm") / (norm.Item() + 1e-6));
        Assert.Equal(golden.Number("coefficient"), coefficient, 1e-6);
        Assert.Equal(golden.Values($"{golden.Name}.grad0"), golden.Make("grad0").Affine(coefficient).ToArray(), (a, b) => Math.Abs(a - b) <= 1e-6);
    }

    private static bool IsHere(string row) => row == Goldens.None || (OpGoldenCases.Files.ContainsKey(row.Split('/')[0]) && !row.Contains("alibi_slopes", StringComparison.Ordinal));

    private static void Compare(OpGolden golden, string name, Tensor actual)
    {
        (float[] expected, double tolerance) = golden.Expected(name);
        float[] values = actual.ToArray();
        Assert.Equal(expected.Length, values.Length);
        double worst = 0;
        for (int i = 0; i < values.Length; i++)
        {
            double difference = expected[i] == values[i] ? 0 : Math.Abs((double)expected[i] - values[i]);
            worst = Math.Max(worst, double.IsNaN(difference) ? double.PositiveInfinity : difference);
        }

        Assert.True(worst <= tolerance, $"{golden.Name}.{name}: the largest difference is {worst:g3}, allowed {tolerance:g3}");
    }
}

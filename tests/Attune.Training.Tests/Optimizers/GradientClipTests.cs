using System.Text.Json;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;
using Attune.Training.Optimizers;

namespace Attune.Training.Tests.Optimizers;

public sealed class GradientClipTests
{
    private const double Tolerance = 2e-6;

    /// <summary>File, separator of the clipped gradients' names, name, maximal norm, backend.</summary>
    public static TheoryData<string, string, string, string> Cases
    {
        get
        {
            var rows = new TheoryData<string, string, string, string>();
            foreach (string backend in TestBackends.Names.Select(row => row.Data))
            {
                foreach (string name in (string[])["clip_1.0", "clip_100_no_op", "clip_inf_norm_0.5", "clip_l1_3", "clip_value_1.5"])
                {
                    rows.Add("training/optimizers/clipping.safetensors", "|", name, backend);
                }

                foreach (string name in (string[])["max1_norm2", "max100_norm2", "max2_norm1", "max0.5_norminf"])
                {
                    rows.Add("families/ops/clip.safetensors", ".", name, backend);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    [Trait("Category", "Golden")]
    public void Clipped_gradients_equal_the_reference(string path, string separator, string name, string backend)
    {
        Assert.SkipUnless(name is "clip_1.0" or "clip_100_no_op" || name.EndsWith("norm2", StringComparison.Ordinal), "the trainer clips by the L2 norm only");
        using SafetensorsFile file = SafetensorsFile.Open(Goldens.Require(path.Split('/')));
        using var fixture = new OptimizerFixture(backend);
        Parameter[] parameters = [.. Enumerable.Range(0, 6).Where(i => file.Contains($"grad{i}")).Select(i =>
        {
            float[] gradient = file.ReadFloat32($"grad{i}");
            Span<long> shape = stackalloc long[file.Info($"grad{i}").Shape.Rank];
            file.Info($"grad{i}").Shape.CopyTo(shape);
            Parameter parameter = fixture.Parameter($"grad{i}", new float[gradient.Length], shape);
            fixture.SetGradient(parameter, gradient);
            return parameter;
        })];
        using var clip = new GradientClip(fixture.Device, parameters);
        double norm = clip.Norm();
        if (separator == "|")
        {
            using JsonDocument document = GoldenArrays.Json(Goldens.Require("training", "optimizers", "clipping.json"));
            Assert.Equal(document.RootElement.GetProperty(name).GetProperty("total_norm_before").GetDouble(), norm, Tolerance * norm);
        }

        double limit = name.StartsWith("clip_100", StringComparison.Ordinal) || name.StartsWith("max100", StringComparison.Ordinal) ? 100 : 1;
        double coefficient = GradientClip.Coefficient(norm, limit);
        foreach (Parameter parameter in parameters)
        {
            float[] clipped = [.. parameter.Value!.Grad!.ToArray().Select(value => (float)(value * coefficient))];
            GoldenArrays.Close(file.ReadFloat32($"{name}{separator}{parameter.Name}"), clipped, Tolerance, parameter.Name);
        }
    }

    [Fact]
    public void Parameters_without_a_gradient_count_as_nothing_and_no_limit_leaves_everything()
    {
        using var fixture = new OptimizerFixture("reference");
        Parameter first = fixture.Parameter("first", [0, 0], 2);
        using var clip = new GradientClip(fixture.Device, [first, fixture.Parameter("second", [1], 1)]);
        Assert.Equal(0, clip.Norm());
        fixture.SetGradient(first, [3, 4]);
        Assert.Equal(5, clip.Norm());
        Assert.Equal(1, GradientClip.Coefficient(5, 0));
        Assert.Equal(2 / 5.000001, GradientClip.Coefficient(5, 2));
    }
}

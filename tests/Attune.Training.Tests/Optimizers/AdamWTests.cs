using System.Text.Json;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;
using Attune.Training.Optimizers;

namespace Attune.Training.Tests.Optimizers;

public sealed class AdamWTests
{
    private const double Tolerance = 1e-5;

    public static TheoryData<string, string> Cases
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (string backend in TestBackends.Names.Select(row => row.Data))
            {
                rows.Add("adamw", backend);
                rows.Add("adamw_beta2_0.95_eps1e-6", backend);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    [Trait("Category", "Golden")]
    public void Twenty_steps_equal_the_reference_also_with_the_state_saved_and_read_in_between(string name, string backend)
    {
        using JsonDocument document = GoldenArrays.Json(Goldens.Require("training", "optimizers", "trajectories.json"));
        JsonElement settings = document.RootElement.GetProperty(name);
        using SafetensorsFile file = SafetensorsFile.Open(Goldens.Require("training", "optimizers", "trajectories.safetensors"));
        using var fixture = new OptimizerFixture(backend);
        Parameter matrix = fixture.Parameter("matrix", file.ReadFloat32("initial|matrix"), 8, 6);
        Parameter vector = fixture.Parameter("vector", file.ReadFloat32("initial|vector"), 5);
        double[] betas = settings.GetProperty("betas").Doubles();
        AdamW Create() => new(
            fixture.Device, [new ParameterGroup([matrix, vector], 1, settings.GetProperty("weight_decay").GetDouble())], betas[0], betas[1], settings.GetProperty("eps").GetDouble());
        AdamW optimizer = Create();
        using var folder = new TemporaryFolder();
        string saved = Path.Combine(folder.Path, "optimizer.safetensors");
        for (int step = 0; step < 20; step++)
        {
            foreach (Parameter parameter in (Parameter[])[matrix, vector])
            {
                int count = (int)parameter.Count;
                fixture.SetGradient(parameter, file.ReadFloat32($"grads|{parameter.Name}")[(step * count)..((step + 1) * count)]);
            }

            if (step == 10)
            {
                optimizer.Write(saved);
                optimizer.Dispose();
                optimizer = Create();
                optimizer.Read(saved);
            }

            int version = matrix.Value!.Version;
            optimizer.Step(settings.GetProperty("lr").GetDouble(), 1);
            Assert.True(matrix.Value.Version > version);
            foreach (Parameter parameter in (Parameter[])[matrix, vector])
            {
                int count = (int)parameter.Count;
                float[] expected = file.ReadFloat32($"{name}|{parameter.Name}")[(step * count)..((step + 1) * count)];
                GoldenArrays.Close(expected, parameter.Value!.ToArray(), Tolerance, $"{parameter.Name} after step {step}");
            }
        }

        optimizer.Dispose();
    }

    [Fact]
    public void A_parameter_without_a_gradient_stays_and_its_steps_do_not_count()
    {
        using var fixture = new OptimizerFixture("reference");
        Parameter moved = fixture.Parameter("moved", [1, 2], 2);
        Parameter still = fixture.Parameter("still", [1, 2], 2);
        using var optimizer = new AdamW(fixture.Device, [new ParameterGroup([moved, still], 1, 0.1)]);
        fixture.SetGradient(moved, [1, -1]);
        optimizer.Step(0.1, 1);
        Assert.Equal([1f, 2f], still.Value!.ToArray());

        // The first step of Adam is the learning rate in the gradient's direction, for each parameter when its own first gradient comes.
        fixture.SetGradient(still, [5, -5]);
        moved.Value!.ZeroGrad();
        optimizer.Step(0.1, 1);
        GoldenArrays.Close([0.99f - 0.1f, 1.98f + 0.1f], still.Value!.ToArray(), 1e-6, "still");
    }

    [Fact]
    public void A_state_of_other_parameters_is_refused_with_all_names()
    {
        using var fixture = new OptimizerFixture("reference");
        using var folder = new TemporaryFolder();
        string saved = Path.Combine(folder.Path, "optimizer.safetensors");
        using var first = new AdamW(fixture.Device, [new ParameterGroup([fixture.Parameter("a", [1, 2], 2), fixture.Parameter("b", [1], 1)], 1, 0)]);
        first.Write(saved);
        using var second = new AdamW(fixture.Device, [new ParameterGroup([fixture.Parameter("a", [1, 2, 3], 3), fixture.Parameter("c", [1], 1)], 1, 0)]);
        string message = Assert.Throws<TrainingException>(() => second.Read(saved)).Message;
        Assert.Contains("a.exp_avg is F32 [2], expected F32 [3]", message, StringComparison.Ordinal);
        Assert.Contains("missing: c.exp_avg", message, StringComparison.Ordinal);
        Assert.Contains("unexpected: b.exp_avg", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reference")]
    [InlineData("cpu")]
    public void Weights_that_have_been_packed_are_multiplied_with_their_new_values(string backend)
    {
        using var fixture = new OptimizerFixture(backend);
        float[] numbers = [.. Enumerable.Range(0, 33 * 48).Select(i => MathF.Sin(i * 0.7f))];
        Parameter parameter = fixture.Parameter("matrix", numbers, 33, 48);
        using var weight = new DenseWeight(parameter.Value!, DType.BF16, trainable: true, training: true);
        using var tied = new DenseWeight(parameter.Value!, DType.BF16, trainable: true, training: true, keepValues: true);
        using var turned = new DenseWeight(parameter.Value!, DType.BF16, trainable: true, training: true, keepValues: true, inputMajor: true);
        using var optimizer = new AdamW(fixture.Device, [new ParameterGroup([parameter], 1, 0.1)]);
        for (int step = 0; step < 3; step++)
        {
            CheckProducts(fixture.Device, parameter, weight, tied, turned);
            fixture.SetGradient(parameter, [.. numbers.Select(number => MathF.Cos(number * (step + 1)))]);
            optimizer.Step(0.1, 1);
            Assert.Equal(backend == "cpu" ? false : null, parameter.Value!.Packed?.IsStale);
        }

        CheckProducts(fixture.Device, parameter, weight, tied, turned);

        // What others change is packed by the next product as before.
        parameter.Value!.CopyFrom<float>(numbers);
        CheckProducts(fixture.Device, parameter, weight, tied, turned);
        weight.Dispose();
        tied.Dispose();
        Assert.Null(parameter.Value!.Packed);
    }

    private static void CheckProducts(Device device, Parameter parameter, params DenseWeight[] weights)
    {
        using StepScope scope = device.Scope();
        Tensor copy = device.Persistent(parameter.Shape, DType.F32);
        copy.CopyFrom<float>(parameter.Value!.ToArray());
        foreach (DenseWeight weight in weights)
        {
            using var fresh = new DenseWeight(copy, DType.BF16, trainable: false, training: true, keepValues: true, inputMajor: weight.IsInputMajor);
            Tensor x = device.From([.. Enumerable.Range(0, 2 * weight.InFeatures).Select(i => MathF.Cos(i * 0.3f))], [2, weight.InFeatures]).Cast(DType.BF16);
            Assert.Equal(fresh.Forward(x, null, null).ToArray(), weight.Forward(x, null, null).ToArray());
        }

        device.Release(copy);
    }
}

using System.Text.Json;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Xunit;

namespace Attune.Testing;

/// <summary>A model of the reference values, loaded on a backend, and what its folder says of it. Tolerances are those of the folders' README.</summary>
public abstract class GoldenCase : IDisposable
{
    public const double LogitsTolerance = 1e-4;
    public const double LossTolerance = 2e-5;
    public const double GradientTolerance = 5e-4;
    private const double TrainingLossTolerance = 5e-5;
    private const double NoiseTolerance = 2e-6;

    private readonly JsonDocument _case;
    private readonly IBackend _backend;
    private readonly Network _network;

    /// <summary>Opens the files beside a model.</summary>
    /// <param name="folder">Their folder.</param>
    /// <param name="backend">What the model runs on; owned from now on.</param>
    /// <param name="network">The model; owned from now on.</param>
    protected GoldenCase(string folder, IBackend backend, Network network)
    {
        _backend = backend;
        _network = network;
        Io = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
        Weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        _case = GoldenArrays.Json(Path.Combine(folder, "case.json"));
    }

    public Device Device => _network.Device;

    /// <summary>Inputs and what came out.</summary>
    public ITensorSource Io { get; }

    public ITensorSource Weights { get; }

    public JsonElement Case => _case.RootElement;

    /// <summary>The largest gradient of a parameter whose gradient is 0 but for rounding.</summary>
    public double LargestNoise => NoiseTolerance * Case.GetProperty("grad_norm").GetDouble();

    /// <summary>How models are loaded.</summary>
    public static WeightOptions Options(bool training, DType compute) => new() { Compute = compute, Training = training, IsTrainable = _ => training };

    /// <summary>Collects the gradients of the mean loss and gives it.</summary>
    public abstract double Backward(bool recompute);

    public bool IsRoundingNoise(string parameter) =>
        Case.TryGetProperty("grad_is_rounding_noise", out JsonElement names) && names.EnumerateArray().Any(entry => entry.GetString() == parameter);

    public void ZeroGradients()
    {
        foreach (Parameter parameter in _network.Parameters())
        {
            parameter.Value!.ZeroGrad();
        }
    }

    /// <summary>Requires the gradient of a parameter to be the file's.</summary>
    public void RequireEqualGradient(Parameter parameter)
    {
        float[] expected = Io.ReadFloat32($"grad.{parameter.Name}");
        double tolerance = IsRoundingNoise(parameter.Name) ? LargestNoise : GradientTolerance * GoldenArrays.LargestAbsolute(expected);
        GoldenArrays.Close(expected, parameter.Value!.Grad?.ToArray() ?? new float[parameter.Count], tolerance, $"gradient of {parameter.Name}");
    }

    /// <summary>Requires the losses of the case's optimiser steps; skips where it has none.</summary>
    public void RequireEqualTraining()
    {
        Assert.SkipUnless(Case.TryGetProperty("train", out JsonElement train), "a case without training");
        var optimizer = new PlainAdamW(learningRate: 1e-3, weightDecay: 0.01);
        Parameter[] parameters = [.. _network.Parameters().Where(parameter => parameter.IsTrainable)];
        foreach (double expected in train.GetProperty("losses").Doubles())
        {
            ZeroGradients();
            Assert.Equal(expected, Backward(recompute: false), TrainingLossTolerance);
            optimizer.Step(parameters);
        }
    }

    /// <summary>Requires the parameters to be those of the file: names, shapes, values.</summary>
    public void RequireEqualParameters()
    {
        Assert.Equal(Weights.Names.Order(StringComparer.Ordinal), _network.Parameters().Select(parameter => parameter.Name).Order(StringComparer.Ordinal));
        foreach (Parameter parameter in _network.Parameters())
        {
            Assert.Equal(Weights.Info(parameter.Name).Shape, parameter.Shape);
            using StepScope scope = Device.Scope();
            Assert.Equal(Weights.ReadFloat32(parameter.Name), parameter.ToFloat32().ToArray());
        }
    }

    /// <summary>How far numbers in bf16 may be from those in single precision, half as far again as the reference's are; skips where the case does not say.</summary>
    public double RequireBf16Tolerance()
    {
        Assert.SkipUnless(Case.TryGetProperty("bf16", out JsonElement bf16), "a case without figures in bf16");
        return 1.5 * bf16.GetProperty("max_abs_difference_to_fp32").GetDouble();
    }

    public void Dispose()
    {
        Io.Dispose();
        Weights.Dispose();
        _case.Dispose();
        Device.Dispose();
        (_backend as IDisposable)?.Dispose();
        GC.SuppressFinalize(this);
    }
}

using Attune.Tensors;

namespace Attune.Testing.Conformance;

/// <summary>Calls an operation once on a device of its own and reads everything back.</summary>
internal sealed class OpRun
{
    private readonly Device _device;
    private readonly OpCase _case;
    private readonly DType _dtype;
    private readonly OpLayout _layout;
    private readonly Tensor[] _held;

    public OpRun(Device device, OpCase what, DType dtype, OpLayout layout)
    {
        _device = device;
        _case = what;
        _dtype = dtype;
        _layout = layout;
        Values = [.. what.Inputs.Select((input, index) => Elements(layout.Stored(input.Shape), input.Values, index))];
        _held = [.. what.Inputs.Select(Hold)];
    }

    /// <summary>Elements of the tensors that hold the inputs.</summary>
    public double[][] Values { get; }

    /// <summary>Elements of the result, with the elements of <see cref="Values"/> as they are now.</summary>
    public float[] Forward()
    {
        using var pause = _device.Tape.Pause();
        using StepScope scope = _device.Scope();
        Fill();
        return Read(_case.Run(Views()));
    }

    /// <summary>The result and the gradients of the inputs, null where there is none.</summary>
    public (float[] Output, float[]?[] Gradients) ForwardAndBackward()
    {
        using StepScope scope = _device.Scope();
        Fill();
        Tensor[] views = Views();
        Tensor y = _case.Run(views);
        float[] output = Read(y);
        if (_case.HasGradient)
        {
            Tensor loss = Weighted(y, 99);
            for (int i = 0; _layout.IsShared && i < views.Length; i++)
            {
                // Recorded behind the operation, so that its gradient is there first and the operation has to add.
                loss = views[i].RequiresGrad ? loss.Add(Weighted(views[i], 100 + i)) : loss;
            }

            _device.Tape.Backward(loss);
        }

        return (output, [.. _held.Select(held => held.Grad?.ToArray())]);
    }

    /// <summary>Factors of the result's elements in the sum that is differentiated.</summary>
    public static double[] Weights(in Shape shape) => Elements(shape, OpInput.Any, 99);

    /// <summary>Gives the inputs' memory back.</summary>
    public void Release()
    {
        foreach (Tensor held in _held)
        {
            _device.Release(held);
        }
    }

    private static double[] Elements(in Shape shape, Func<Random, double> values, int seed)
    {
        var random = new Random(1000 + seed);
        var elements = new double[shape.Count];
        for (int i = 0; i < elements.Length; i++)
        {
            elements[i] = values(random);
        }

        return elements;
    }

    private static float[] Read(Tensor y)
    {
        using StepScope scope = y.Device.Scope();
        return y.Cast(DType.F32).ToArray();
    }

    private Tensor Weighted(Tensor y, int seed)
    {
        Tensor wide = y.Cast(DType.F32);
        return wide.Mul(_device.From([.. Elements(y.Shape, OpInput.Any, seed).Select(value => (float)value)], y.Shape)).Sum();
    }

    private Tensor Hold(OpInput input)
    {
        Tensor held = _device.Persistent(_layout.Stored(input.Shape), input.Type ?? _dtype);
        held.RequiresGrad = input.WantsGradient && held.DType.IsFloat && _case.HasGradient;
        return held;
    }

    private void Fill()
    {
        _device.Random = new RandomState(42, 7);
        for (int i = 0; i < _held.Length; i++)
        {
            Write(_held[i], Values[i]);
        }
    }

    private Tensor[] Views()
    {
        var views = new Tensor[_held.Length];
        for (int i = 0; i < views.Length; i++)
        {
            Tensor held = _layout.IsShared && _held[i].RequiresGrad ? _held[i].Affine(1) : _held[i];
            views[i] = _layout.View(held, _case.Inputs[i].Shape);
        }

        return views;
    }

    private static void Write(Tensor target, double[] values)
    {
        switch (target.DType)
        {
            case DType.I32:
                target.CopyFrom<int>([.. values.Select(value => (int)value)]);
                break;
            case DType.Bool:
                target.CopyFrom<byte>([.. values.Select(value => (byte)value)]);
                break;
            case DType.BF16:
                target.CopyFrom<ushort>([.. values.Select(value => BFloat16.FromSingle((float)value))]);
                break;
            default:
                target.CopyFrom<float>([.. values.Select(value => (float)value)]);
                break;
        }
    }
}

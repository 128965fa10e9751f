using Attune.Tensors;

namespace Attune.Nn.StateSpace;

/// <summary>The recurrence of a selective state space (Dao and Gu 2024), one sequence at a time.</summary>
/// <remarks>
/// Shapes: x [T, H, P], dt [T, H], a [H], b and c [T, G, S]; head h uses group h / (H / G). Math, for each head: s_t = e^(a dt_t) s_(t-1) + dt_t b_t x_t^T, y_t = c_t s_t.
/// Within a chunk the sums are products of matrices, between chunks the state [H, S, P] is handed on. Gradient: that of the operations. All in single precision.
/// </remarks>
internal static class SelectiveScan
{
    /// <summary>What lies above the diagonal before the exponential.</summary>
    private const float Never = -1e30f;

    /// <summary>The outputs [T, H, P].</summary>
    public static Tensor Run(Tensor x, Tensor dt, Tensor a, Tensor b, Tensor c, int chunk)
    {
        long heads = x.Shape[1];
        Tensor? state = null;
        Tensor? result = null;
        for (long start = 0; start < x.Shape[0]; start += chunk)
        {
            long count = Math.Min(chunk, x.Shape[0] - start);
            Tensor steps = dt.Narrow(0, start, count);
            Tensor weighted = x.Narrow(0, start, count).Mul(steps.Reshape(count, heads, 1)).Transpose(0, 1).Contiguous();
            (Tensor y, state) = Chunk(weighted, Decay(steps.Mul(a)), PerHead(b.Narrow(0, start, count), heads), PerHead(c.Narrow(0, start, count), heads), state);
            y = y.Transpose(0, 1).Contiguous();
            result = result is null ? y : result.Concat(y);
        }

        return result ?? x;
    }

    /// <summary>Outputs [H, L, P] of a chunk and the state behind it.</summary>
    private static (Tensor Y, Tensor State) Chunk(Tensor x, Tensor decay, Tensor b, Tensor c, Tensor? state)
    {
        long heads = x.Shape[0];
        long length = x.Shape[1];
        Device device = x.Device;
        Tensor between = decay.Sub(decay.Reshape(heads, 1, length));
        Tensor weights = LowerTriangle(device, length, DType.Bool).Where(between, device.Full([], DType.F32, Never)).Exp();
        Tensor y = c.MatMul(b.Transpose()).Mul(weights).MatMul(x);
        Tensor total = decay.Narrow(1, length - 1, 1);
        Tensor next = b.Transpose().MatMul(x.Mul(total.Sub(decay).Exp()));
        return state is null
            ? (y, next)
            : (y.Add(c.MatMul(state).Mul(decay.Exp())), next.Add(state.Mul(total.Exp())));
    }

    /// <summary>Sums [H, L, 1] of the logarithms of the decay [L, H] up to each step.</summary>
    private static Tensor Decay(Tensor logarithms)
    {
        long length = logarithms.Shape[0];
        Tensor sums = LowerTriangle(logarithms.Device, length, DType.F32).Reshape(length, length).MatMul(logarithms);
        return sums.Transpose().Contiguous().Reshape(-1, length, 1);
    }

    /// <summary>[L, G, S] to [H, L, S]: each group repeated for its heads.</summary>
    private static Tensor PerHead(Tensor x, long heads)
    {
        long length = x.Shape[0];
        long groups = x.Shape[1];
        long size = x.Shape[2];
        return x.Transpose(0, 1).Contiguous().Reshape(groups, 1, length, size).Expand([groups, heads / groups, length, size]).Reshape(heads, length, size);
    }

    /// <summary>Ones on and below the diagonal, [1, L, L].</summary>
    private static Tensor LowerTriangle(Device device, long length, DType dtype)
    {
        var ones = new byte[length * length];
        for (long i = 0; i < ones.Length; i++)
        {
            ones[i] = i % length <= i / length ? (byte)1 : (byte)0;
        }

        return device.From<byte>(ones, [1, length, length], DType.Bool).Cast(dtype);
    }
}

using Attune.Tensors.Autograd;
using Attune.Tensors.Backends;

namespace Attune.Tensors.Tests;

/// <summary>The tape: order, accumulation, sharing of gradients, scopes, recomputation.</summary>
public sealed class AutogradTests
{
    private readonly Device _device = new(new ReferenceBackend());

    [Fact]
    public void Gradients_of_a_tensor_used_twice_add_up()
    {
        Tensor x = Parameter([2, -3, 0.5f]);
        using (_device.Scope())
        {
            Tensor y = x.Mul(x).Add(x);
            _device.Tape.Backward(y.Sum());
        }

        Assert.Equal([5f, -5f, 2f], x.Grad!.ToArray());
    }

    [Fact]
    public void A_residual_keeps_the_gradient_that_its_branch_still_reads()
    {
        // y = x + x^2 + sum of both paths once more: the gradient of the sum is passed on without a copy and added to later.
        Tensor x = Parameter([1, 2, 3]);
        using (_device.Scope())
        {
            Tensor h = x.Affine(1);
            Tensor y = h.Add(h.Square()).Add(h.Affine(3));
            _device.Tape.Backward(y.Sum(), 0.5);
        }

        Assert.Equal([3f, 4f, 5f], x.Grad!.ToArray());
    }

    [Fact]
    public void Gradients_collect_over_passes_until_they_are_cleared()
    {
        Tensor x = Parameter([4]);
        for (int i = 0; i < 2; i++)
        {
            using StepScope scope = _device.Scope();
            _device.Tape.Backward(x.Square().Sum());
        }

        Assert.Equal(16, x.Grad!.Item());
        x.ZeroGrad();
        Assert.Null(x.Grad);
    }

    [Fact]
    public void A_scope_gives_everything_back_but_what_is_kept()
    {
        Tensor x = Parameter([1, 2]);
        long before = _device.LiveBytes;
        using (StepScope outer = _device.Scope())
        {
            Tensor kept;
            using (StepScope inner = _device.Scope())
            {
                kept = inner.Keep(x.Exp().Add(x));
                x.Log();
            }

            Assert.Equal(MathF.E + 1, kept.ToArray()[0], 1e-6f);
            _device.Tape.Clear();
        }

        Assert.Equal(before, _device.LiveBytes);
    }

    [Fact]
    public void A_tensor_used_after_its_scope_is_an_error()
    {
        Tensor y;
        using (_device.Scope())
        {
            y = _device.Zeros([3], DType.F32);
        }

        Assert.Throws<TensorException>(() => y.Exp());
    }

    [Fact]
    public void A_result_of_a_finished_backward_pass_cannot_be_used_again()
    {
        Tensor x = Parameter([1]);
        using StepScope scope = _device.Scope();
        Tensor y = x.Square();
        _device.Tape.Backward(y.Sum());
        Assert.Throws<TensorException>(() => y.Exp());
    }

    [Fact]
    public void Recomputation_gives_the_same_bits_with_dropout_inside()
    {
        Tensor x = Parameter([0.3f, -1.2f, 2.5f, 0.7f]);
        Tensor w = Parameter([1.5f, 0.5f, -2f, 1f]);
        Func<Tensor, Tensor, Tensor> body = static (h, weight) => h.Mul(weight).Dropout(0.5).Tanh();
        (float[] plainX, float[] plainW) = Gradients(x, w, () => body(x, w));
        (float[] againX, float[] againW) = Gradients(x, w, () => Checkpoint.Run(body, x, w));
        Assert.Equal(plainX, againX);
        Assert.Equal(plainW, againW);
    }

    [Fact]
    public void Recomputation_reaches_parameters_inside_a_block_whose_input_wants_no_gradient()
    {
        Tensor x = _device.From([1f, 2f], [2]);
        Tensor w = Parameter([3, 4]);
        using (_device.Scope())
        {
            Tensor y = Checkpoint.Run(static (h, weight) => h.Mul(weight), x, w);
            _device.Tape.Backward(y.Sum());
        }

        Assert.Equal([1f, 2f], w.Grad!.ToArray());
    }

    [Fact]
    public void Errors_name_the_operation_and_both_shapes()
    {
        Tensor a = _device.Zeros([2, 3], DType.F32);
        Tensor b = _device.Zeros([4, 5], DType.F32);
        TensorException error = Assert.Throws<TensorException>(() => a.MatMul(b));
        Assert.Contains("matmul", error.Message, StringComparison.Ordinal);
        Assert.Contains("[2, 3]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[4, 5]", error.Message, StringComparison.Ordinal);
    }

    private (float[] X, float[] W) Gradients(Tensor x, Tensor w, Func<Tensor> forward)
    {
        _device.Random = new RandomState(7, 11);
        x.ZeroGrad();
        w.ZeroGrad();
        using StepScope scope = _device.Scope();
        _device.Tape.Backward(forward().Sum());
        return (x.Grad!.ToArray(), w.Grad!.ToArray());
    }

    private Tensor Parameter(float[] values)
    {
        Tensor x = _device.From(values, [values.Length]);
        x.RequiresGrad = true;
        return x;
    }
}

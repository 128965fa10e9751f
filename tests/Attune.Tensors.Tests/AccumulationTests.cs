using Attune.Tensors.Backends;

namespace Attune.Tensors.Tests;

/// <summary>Tensors with several users: gradients are shared without a copy until somebody adds to them.</summary>
public sealed class AccumulationTests : IDisposable
{
    private readonly Device _device = new(new ReferenceBackend());

    [Fact]
    public void Three_users_that_pass_their_gradient_on_add_up()
    {
        Tensor x = Parameter([1, 2]);
        using (_device.Scope())
        {
            Tensor h = x.Affine(1);
            Tensor y = h.Add(h).Add(h);
            _device.Tape.Backward(y.Sum());
        }

        Assert.Equal([3f, 3f], x.Grad!.ToArray());
    }

    [Fact]
    public void Adding_to_a_shared_gradient_leaves_its_other_owner_alone()
    {
        // The gradient of a + b goes to both without a copy; a gets more later, b must not see it.
        Tensor a = Parameter([1, 2]);
        Tensor b = Parameter([3, 4]);
        using (_device.Scope())
        {
            Tensor left = a.Affine(1);
            Tensor right = b.Affine(1);
            Tensor early = left.Square();
            Tensor sum = left.Add(right);
            _device.Tape.Backward(sum.Sum().Add(early.Sum()));
        }

        Assert.Equal([3f, 5f], a.Grad!.ToArray());
        Assert.Equal([1f, 1f], b.Grad!.ToArray());
    }

    [Fact]
    public void Parts_of_one_gradient_can_be_added_to_separately()
    {
        // Both inputs of a concatenation receive views of one gradient; afterwards each gets another contribution.
        Tensor a = Parameter([1, 2]);
        Tensor b = Parameter([3, 4]);
        using (_device.Scope())
        {
            Tensor left = a.Affine(1);
            Tensor right = b.Affine(1);
            Tensor more = left.Square().Add(right.Square().Affine(10));
            Tensor both = left.Concat(right);
            _device.Tape.Backward(both.Sum().Add(more.Sum()));
        }

        Assert.Equal([3f, 5f], a.Grad!.ToArray());
        Assert.Equal([61f, 81f], b.Grad!.ToArray());
    }

    [Fact]
    public void A_gradient_kept_by_the_forward_pass_is_not_written_over()
    {
        // Cross entropy makes its gradient in the forward pass; two losses over one tensor of logits must not mix.
        Tensor x = Parameter([0.5f, -1, 2, 1]);
        float[] once = Gradient(1);
        float[] twice = Gradient(2);
        Assert.Equal(once.Select(value => 2 * value), twice);

        float[] Gradient(int times)
        {
            x.ZeroGrad();
            using StepScope scope = _device.Scope();
            Tensor logits = x.Reshape(2, 2);
            Tensor labels = _device.From([0, 1], [2]);
            Tensor loss = logits.CrossEntropy(labels).Sum();
            for (int i = 1; i < times; i++)
            {
                loss = loss.Add(logits.CrossEntropy(labels).Sum());
            }

            _device.Tape.Backward(loss);
            return x.Grad!.ToArray();
        }
    }

    [Fact]
    public void A_loss_can_only_be_differentiated_once()
    {
        Tensor x = Parameter([1]);
        using StepScope scope = _device.Scope();
        Tensor loss = x.Square().Sum();
        _device.Tape.Backward(loss);
        Assert.Throws<TensorException>(() => _device.Tape.Backward(loss));
        _device.Tape.Backward(x.Square().Sum());
        Assert.Equal([4f], x.Grad!.ToArray());
    }

    [Fact]
    public void A_gradient_to_start_from_has_the_shape_and_type_of_the_output()
    {
        Tensor x = Parameter([1, 2]);
        using StepScope scope = _device.Scope();
        Tensor y = x.Square();
        TensorException error = Assert.Throws<TensorException>(() => _device.Tape.Backward(y, _device.Zeros([3], DType.F32), 0));
        Assert.Contains("F32[2]", error.Message, StringComparison.Ordinal);
        Assert.Contains("F32[3]", error.Message, StringComparison.Ordinal);
        Assert.Throws<TensorException>(() => _device.Tape.Backward(y, _device.Zeros([2], DType.BF16), 0));
    }

    [Fact]
    public void A_long_chain_needs_no_stack()
    {
        Tensor x = Parameter([1]);
        using StepScope scope = _device.Scope();
        Tensor y = x;
        for (int i = 0; i < 20_000; i++)
        {
            y = y.Affine(1, 1);
        }

        _device.Tape.Backward(y.Sum());
        Assert.Equal([1f], x.Grad!.ToArray());
    }

    public void Dispose() => _device.Dispose();

    private Tensor Parameter(float[] values)
    {
        Tensor x = _device.From(values, [values.Length]);
        x.RequiresGrad = true;
        return x;
    }
}

using Attune.Tensors.Backends;

namespace Attune.Tensors.Tests;

/// <summary>Nesting of scopes and what survives them.</summary>
public sealed class ScopeTests : IDisposable
{
    private readonly Device _device = new(new ReferenceBackend());

    [Fact]
    public void A_kept_tensor_climbs_one_scope_each_time()
    {
        using (StepScope outer = _device.Scope())
        {
            Tensor kept;
            using (StepScope middle = _device.Scope())
            {
                using (StepScope inner = _device.Scope())
                {
                    _device.Zeros([10], DType.F32);
                    kept = inner.Keep(_device.Full([2], DType.F32, 3));
                    _device.Zeros([10], DType.F32);
                }

                Assert.Equal([3f, 3f], kept.ToArray());
                middle.Keep(kept);
            }

            Assert.Equal([3f, 3f], kept.ToArray());
        }

        Assert.Equal(0, _device.LiveBytes);
    }

    [Fact]
    public void Keeping_a_view_keeps_the_memory_that_it_looks_into()
    {
        using StepScope outer = _device.Scope();
        Tensor view;
        using (StepScope inner = _device.Scope())
        {
            view = inner.Keep(_device.From([1f, 2, 3, 4], [2, 2]).Transpose());
        }

        _device.Zeros([2, 2], DType.F32);
        Assert.Equal([1f, 3, 2, 4], view.ToArray());
    }

    [Fact]
    public void Many_tensors_can_be_kept_in_any_order()
    {
        using StepScope outer = _device.Scope();
        var kept = new List<Tensor>();
        using (StepScope inner = _device.Scope())
        {
            Tensor[] made = [.. Enumerable.Range(0, 50).Select(i => _device.Full([1], DType.F32, i))];
            foreach (int i in (int[])[49, 0, 25, 1, 48])
            {
                kept.Add(inner.Keep(made[i]));
                inner.Keep(made[i]);
            }
        }

        Assert.Equal([49f, 0, 25, 1, 48], kept.Select(tensor => tensor.Item()));
    }

    [Fact]
    public void Keeping_what_an_outer_scope_owns_changes_nothing()
    {
        using (StepScope outer = _device.Scope())
        {
            Tensor x = _device.Full([1], DType.F32, 7);
            using (StepScope inner = _device.Scope())
            {
                inner.Keep(x);
            }

            Assert.Equal(7, x.Item());
        }

        Assert.Equal(0, _device.LiveBytes);
    }

    [Fact]
    public void Scopes_end_innermost_first()
    {
        StepScope outer = _device.Scope();
        StepScope inner = _device.Scope();
        Assert.Throws<TensorException>(outer.Dispose);
        inner.Dispose();
        outer.Dispose();
    }

    [Fact]
    public void Scopes_nest_deeply()
    {
        const int Depth = 2000;
        var scopes = new Stack<StepScope>();
        for (int i = 0; i < Depth; i++)
        {
            scopes.Push(_device.Scope());
            _device.Empty([4], DType.F32);
        }

        while (scopes.TryPop(out StepScope scope))
        {
            scope.Dispose();
        }

        Assert.Equal(0, _device.LiveBytes);
    }

    [Fact]
    public void A_tensor_of_a_scope_cannot_be_released()
    {
        using StepScope scope = _device.Scope();
        Tensor x = _device.Zeros([1], DType.F32);
        Assert.Throws<TensorException>(() => _device.Release(x));
    }

    [Fact]
    public void What_the_backward_pass_needs_outlives_the_scope_in_which_it_was_made()
    {
        Tensor x = _device.From([2f], [1]);
        x.RequiresGrad = true;
        using (StepScope outer = _device.Scope())
        {
            Tensor y;
            using (StepScope inner = _device.Scope())
            {
                y = inner.Keep(x.Affine(3).Square().Exp().Log());
            }

            _device.Tape.Backward(y.Sum());
        }

        Assert.Equal(36, x.Grad!.Item(), 1e-3f);
    }

    public void Dispose() => _device.Dispose();
}

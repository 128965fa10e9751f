using Attune.Tensors;

namespace Attune.Kernels.Tests.Cpu.Backend;

public sealed class TableTests
{
    private static readonly DType[] Types = [DType.F32, DType.BF16, DType.F16];

    [Fact]
    public void Gathered_rows_agree()
    {
        foreach (DType from in Types)
        {
            foreach (DType to in Types)
            {
                foreach (long columns in new long[] { 1, 17, 600 })
                {
                    Backends.Agree(device => Gather(device.Uniform([11, columns], from), device.From([3, 0, 10, 3, 7], [5]), to), 0);
                    Backends.Agree(device => Gather(device.Sparse([11, columns], from), device.From([3, 0, 10, 3], [2, 2]), to), 0);
                }
            }
        }

        Backends.Agree(device => Gather(device.From([1, 2, 3, 4], [2, 2]), device.From([1, 0], [2]), DType.I32), 0);
        Backends.Agree(device => Gather(device.Uniform([4, 2], DType.F32), device.From(Array.Empty<int>(), [0]), DType.F32), 0);
    }

    [Fact]
    public void Added_rows_agree()
    {
        foreach (DType from in Types)
        {
            foreach (DType to in Types)
            {
                foreach (long columns in new long[] { 1, 63, 65, 600 })
                {
                    Backends.Agree(
                        device =>
                        {
                            Tensor table = device.Uniform([7, columns], to, 3);
                            device.Backend.ScatterAddRows(device.Uniform([40, columns], from), device.From(Enumerable.Range(0, 40).Select(i => i * i % 7).ToArray(), [40]), table);
                            return table;
                        },
                        40 * Data.Unit(to),
                        40 * 8 * Data.Unit(to));
                }
            }
        }
    }

    [Theory]
    [InlineData(DType.F32, 1)]
    [InlineData(DType.BF16, 64)]
    [InlineData(DType.I32, 40_000)]
    public void Rows_are_put_where_the_indices_say(DType type, long columns)
    {
        using var device = new Device(Backends.Fastest);
        using StepScope scope = device.Scope();
        Tensor table = device.Zeros([9, 2, columns], type);
        Tensor all = device.From([.. Enumerable.Range(1, (int)(5 * 3 * columns)).Select(i => (float)i % 251)], [5, 3, columns]).Cast(type);
        Tensor apart = all.Narrow(1, 1, 2);
        int[] places = [7, 0, 8, 3, 2];
        Assert.True(device.Backend.TryPutRows(apart, device.From(places, [5]), table));
        float[] found = table.Cast(DType.F32).ToArray();
        float[] wanted = new float[found.Length];
        for (int i = 0; i < places.Length; i++)
        {
            apart.Narrow(0, i, 1).Contiguous().Cast(DType.F32).ToArray().CopyTo(wanted, places[i] * 2 * columns);
        }

        Assert.Equal(wanted, found);
    }

    [Fact]
    public void Rows_of_another_kind_are_not_put()
    {
        using var device = new Device(Backends.Fastest);
        using StepScope scope = device.Scope();
        Tensor table = device.Zeros([4, 8], DType.F32);
        Tensor one = device.From([1], [1]);
        Assert.False(device.Backend.TryPutRows(device.Zeros([1, 8], DType.BF16), one, table));
        Assert.False(device.Backend.TryPutRows(device.Zeros([1, 7], DType.F32), one, table));
        Assert.False(device.Backend.TryPutRows(device.Zeros([2, 8], DType.F32), one, table));
        Assert.False(device.Backend.TryPutRows(device.Zeros([8, 1], DType.F32).Transpose(), device.From([0], [1]), device.Zeros([8, 4], DType.F32).Transpose()));
        Assert.Throws<TensorException>(() => device.Backend.TryPutRows(device.Zeros([1, 8], DType.F32), device.From([4], [1]), table));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public void Rows_that_do_not_exist_are_refused(int row)
    {
        using var device = new Device(Backends.Fastest);
        using StepScope scope = device.Scope();
        Tensor table = device.Uniform([4, 8], DType.F32);
        Assert.Throws<TensorException>(() => Gather(table, device.From([row], [1]), DType.F32));
        Assert.Throws<TensorException>(() => device.Backend.ScatterAddRows(device.Uniform([1, 8], DType.F32), device.From([row], [1]), table));
        Tensor longs = device.From<long>([row], [1], DType.I64);
        Assert.Throws<TensorException>(() => Gather(table, longs, DType.F32));
    }

    private static Tensor Gather(Tensor table, Tensor indices, DType dtype)
    {
        Tensor y = table.Device.Empty([indices.Count, table.Shape[1]], dtype);
        table.Device.Backend.GatherRows(table, indices, y);
        return y;
    }
}

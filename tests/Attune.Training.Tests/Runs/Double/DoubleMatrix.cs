namespace Attune.Training.Tests.Double;

/// <summary>A matrix in double precision that remembers how it was made: as few operations as a small T5 needs, each with its gradient.</summary>
internal sealed class DoubleMatrix
{
    private readonly DoubleMatrix[] _inputs;
    private readonly Action<DoubleMatrix>? _backward;

    public DoubleMatrix(int rows, int columns, params DoubleMatrix[] inputs)
        : this(rows, columns, null, inputs)
    {
    }

    private DoubleMatrix(int rows, int columns, Action<DoubleMatrix>? backward, DoubleMatrix[] inputs)
    {
        (Rows, Columns, Values, Gradient) = (rows, columns, new double[rows * columns], new double[rows * columns]);
        (_backward, _inputs) = (backward, inputs);
    }

    public int Rows { get; }

    public int Columns { get; }

    public double[] Values { get; }

    public double[] Gradient { get; }

    public double this[int row, int column] => Values[(row * Columns) + column];

    /// <summary>Adds the gradients of this scalar, times a factor, to those of all that it was made of.</summary>
    public void Backward(double factor)
    {
        List<DoubleMatrix> order = [];
        Visit(this, order, []);
        Gradient[0] += factor;
        for (int i = order.Count - 1; i >= 0; i--)
        {
            order[i]._backward?.Invoke(order[i]);
        }
    }

    /// <summary>x w^T.</summary>
    public DoubleMatrix Linear(DoubleMatrix w)
    {
        DoubleMatrix x = this;
        var y = new DoubleMatrix(x.Rows, w.Rows, y => y.Each((r, o, g) =>
        {
            for (int i = 0; i < x.Columns; i++)
            {
                x.Gradient[(r * x.Columns) + i] += g * w[o, i];
                w.Gradient[(o * x.Columns) + i] += g * x[r, i];
            }
        }), [x, w]);
        return y.Fill((r, o) => Enumerable.Range(0, x.Columns).Sum(i => x[r, i] * w[o, i]));
    }

    /// <summary>p v, a product without a turn.</summary>
    public DoubleMatrix Times(DoubleMatrix v)
    {
        DoubleMatrix p = this;
        var y = new DoubleMatrix(p.Rows, v.Columns, y => y.Each((r, c, g) =>
        {
            for (int i = 0; i < p.Columns; i++)
            {
                p.Gradient[(r * p.Columns) + i] += g * v[i, c];
                v.Gradient[(i * v.Columns) + c] += g * p[r, i];
            }
        }), [p, v]);
        return y.Fill((r, c) => Enumerable.Range(0, p.Columns).Sum(i => p[r, i] * v[i, c]));
    }

    public DoubleMatrix Add(DoubleMatrix other)
    {
        DoubleMatrix x = this;
        return new DoubleMatrix(Rows, Columns, y => y.Each((r, c, g) =>
        {
            x.Gradient[(r * x.Columns) + c] += g;
            other.Gradient[(r * x.Columns) + c] += g;
        }), [x, other]).Fill((r, c) => x[r, c] + other[r, c]);
    }

    public DoubleMatrix Multiply(DoubleMatrix other)
    {
        DoubleMatrix x = this;
        return new DoubleMatrix(Rows, Columns, y => y.Each((r, c, g) =>
        {
            x.Gradient[(r * x.Columns) + c] += g * other[r, c];
            other.Gradient[(r * x.Columns) + c] += g * x[r, c];
        }), [x, other]).Fill((r, c) => x[r, c] * other[r, c]);
    }

    public DoubleMatrix Scale(double factor)
    {
        DoubleMatrix x = this;
        return new DoubleMatrix(Rows, Columns, y => y.Each((r, c, g) => x.Gradient[(r * x.Columns) + c] += factor * g), [x]).Fill((r, c) => factor * x[r, c]);
    }

    /// <summary>GELU in its tanh form.</summary>
    public DoubleMatrix Gelu()
    {
        DoubleMatrix x = this;
        double scale = Math.Sqrt(2 / Math.PI);
        return new DoubleMatrix(Rows, Columns, y => y.Each((r, c, g) =>
        {
            double v = x[r, c];
            double tanh = Math.Tanh(scale * (v + (0.044715 * v * v * v)));
            x.Gradient[(r * x.Columns) + c] += g * ((0.5 * (1 + tanh)) + (0.5 * v * (1 - (tanh * tanh)) * scale * (1 + (3 * 0.044715 * v * v))));
        }), [x]).Fill((r, c) => 0.5 * x[r, c] * (1 + Math.Tanh(scale * (x[r, c] + (0.044715 * x[r, c] * x[r, c] * x[r, c])))));
    }

    /// <summary>RMS norm of the rows.</summary>
    public DoubleMatrix Norm(DoubleMatrix weight, double epsilon)
    {
        DoubleMatrix x = this;
        double[] inverse = [.. Enumerable.Range(0, Rows).Select(r => 1 / Math.Sqrt(Enumerable.Range(0, x.Columns).Average(c => x[r, c] * x[r, c]) + epsilon))];
        return new DoubleMatrix(Rows, Columns, y =>
        {
            for (int r = 0; r < y.Rows; r++)
            {
                double mean = Enumerable.Range(0, y.Columns).Average(c => y.Gradient[(r * y.Columns) + c] * weight.Values[c] * x[r, c]);
                for (int c = 0; c < y.Columns; c++)
                {
                    double g = y.Gradient[(r * y.Columns) + c];
                    weight.Gradient[c] += g * x[r, c] * inverse[r];
                    x.Gradient[(r * y.Columns) + c] += inverse[r] * ((g * weight.Values[c]) - (x[r, c] * inverse[r] * inverse[r] * mean));
                }
            }
        }, [x, weight]).Fill((r, c) => x[r, c] * inverse[r] * weight.Values[c]);
    }

    /// <summary>Softmax of the rows over the columns that a row sees.</summary>
    public DoubleMatrix Softmax(Func<int, int, bool> sees)
    {
        DoubleMatrix x = this;
        var y = new DoubleMatrix(Rows, Columns, y =>
        {
            for (int r = 0; r < y.Rows; r++)
            {
                double dot = Enumerable.Range(0, y.Columns).Sum(c => y.Gradient[(r * y.Columns) + c] * y[r, c]);
                for (int c = 0; c < y.Columns; c++)
                {
                    x.Gradient[(r * y.Columns) + c] += y[r, c] * (y.Gradient[(r * y.Columns) + c] - dot);
                }
            }
        }, [x]);
        y.Fill((r, c) => sees(r, c) ? Math.Exp(x[r, c] - Enumerable.Range(0, x.Columns).Where(k => sees(r, k)).Max(k => x[r, k])) : 0);
        for (int r = 0; r < Rows; r++)
        {
            double sum = Enumerable.Range(0, Columns).Sum(c => y[r, c]);
            for (int c = 0; c < Columns; c++)
            {
                y.Values[(r * Columns) + c] /= sum;
            }
        }

        return y;
    }

    /// <summary>Rows of this table.</summary>
    public DoubleMatrix Look(IReadOnlyList<int> ids)
    {
        DoubleMatrix table = this;
        return new DoubleMatrix(ids.Count, Columns, y => y.Each((r, c, g) => table.Gradient[(ids[r] * table.Columns) + c] += g), [table]).Fill((r, c) => table[ids[r], c]);
    }

    /// <summary>A column of this table, spread over a matrix: entry (r, c) is that of row <paramref name="row"/>(r, c).</summary>
    public DoubleMatrix Spread(int rows, int columns, int column, Func<int, int, int> row)
    {
        DoubleMatrix table = this;
        return new DoubleMatrix(rows, columns, y => y.Each((r, c, g) => table.Gradient[(row(r, c) * table.Columns) + column] += g), [table]).Fill((r, c) => table[row(r, c), column]);
    }

    /// <summary>Some columns.</summary>
    public DoubleMatrix Slice(int start, int count)
    {
        DoubleMatrix x = this;
        return new DoubleMatrix(Rows, count, y => y.Each((r, c, g) => x.Gradient[(r * x.Columns) + start + c] += g), [x]).Fill((r, c) => x[r, start + c]);
    }

    /// <summary>Matrices side by side.</summary>
    public static DoubleMatrix Join(DoubleMatrix[] parts)
    {
        int width = parts[0].Columns;
        return new DoubleMatrix(parts[0].Rows, parts.Length * width, y => y.Each((r, c, g) => parts[c / width].Gradient[(r * width) + (c % width)] += g), parts)
            .Fill((r, c) => parts[c / width][r, c % width]);
    }

    /// <summary>The sum over the rows of -log softmax at a column.</summary>
    public DoubleMatrix CrossEntropy(IReadOnlyList<int> targets)
    {
        DoubleMatrix x = this;
        double[] logSums = [.. Enumerable.Range(0, Rows).Select(r => Math.Log(Enumerable.Range(0, x.Columns).Sum(c => Math.Exp(x[r, c]))))];
        return new DoubleMatrix(1, 1, y => x.Each((r, c, _) => x.Gradient[(r * x.Columns) + c] += y.Gradient[0] * (Math.Exp(x[r, c] - logSums[r]) - (c == targets[r] ? 1 : 0))), [x])
            .Fill((_, _) => targets.Select((target, r) => logSums[r] - x[r, target]).Sum());
    }

    private static void Visit(DoubleMatrix node, List<DoubleMatrix> order, HashSet<DoubleMatrix> seen)
    {
        if (seen.Add(node))
        {
            foreach (DoubleMatrix input in node._inputs)
            {
                Visit(input, order, seen);
            }

            order.Add(node);
        }
    }

    private DoubleMatrix Fill(Func<int, int, double> value)
    {
        for (int r = 0; r < Rows; r++)
        {
            for (int c = 0; c < Columns; c++)
            {
                Values[(r * Columns) + c] = value(r, c);
            }
        }

        return this;
    }

    private void Each(Action<int, int, double> take)
    {
        for (int r = 0; r < Rows; r++)
        {
            for (int c = 0; c < Columns; c++)
            {
                take(r, c, Gradient[(r * Columns) + c]);
            }
        }
    }
}

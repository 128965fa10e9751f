namespace Attune.Tensors.Backends;

/// <summary>The closed set of functions of one variable that every backend computes, each with its derivative.</summary>
public enum MapKind
{
    /// <summary>-x.</summary>
    Neg,

    /// <summary>|x|; derivative 0 at 0.</summary>
    Abs,

    /// <summary>e^x.</summary>
    Exp,

    /// <summary>Natural logarithm.</summary>
    Log,

    /// <summary>Square root.</summary>
    Sqrt,

    /// <summary>1 / sqrt(x).</summary>
    Rsqrt,

    /// <summary>1 / x.</summary>
    Reciprocal,

    /// <summary>x^2.</summary>
    Square,

    /// <summary>Sine.</summary>
    Sin,

    /// <summary>Cosine.</summary>
    Cos,

    /// <summary>Hyperbolic tangent.</summary>
    Tanh,

    /// <summary>1 / (1 + e^-x).</summary>
    Sigmoid,

    /// <summary>max(x, 0); derivative 0 at 0.</summary>
    Relu,

    /// <summary>x sigmoid(x).</summary>
    Silu,

    /// <summary>x Phi(x) with the error function (Hendrycks and Gimpel 2016).</summary>
    Gelu,

    /// <summary>0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).</summary>
    GeluTanh,

    /// <summary>x sigmoid(1.702 x).</summary>
    QuickGelu,

    /// <summary>log(1 + e^x).</summary>
    Softplus,

    /// <summary>x clipped to [-parameter, parameter]; derivative 1 inside.</summary>
    Clip,
}

/// <summary>The closed set of functions of two variables that every backend computes. Comparisons give Bool.</summary>
public enum ZipKind
{
    /// <summary>a + b.</summary>
    Add,

    /// <summary>a - b.</summary>
    Sub,

    /// <summary>a b.</summary>
    Mul,

    /// <summary>a / b.</summary>
    Div,

    /// <summary>The larger one.</summary>
    Max,

    /// <summary>The smaller one.</summary>
    Min,

    /// <summary>a == b.</summary>
    Equal,

    /// <summary>a &lt; b.</summary>
    Less,

    /// <summary>a &lt;= b.</summary>
    LessOrEqual,
}

/// <summary>The closed set of reductions that every backend computes.</summary>
public enum ReduceKind
{
    /// <summary>Sum of the elements; 0 for none.</summary>
    Sum,

    /// <summary>Sum of the squares of the elements; 0 for none.</summary>
    SumOfSquares,

    /// <summary>Largest element; -infinity for none.</summary>
    Max,
}

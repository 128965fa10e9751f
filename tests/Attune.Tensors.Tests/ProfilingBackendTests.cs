using Attune.Tensors.Backends;

namespace Attune.Tensors.Tests;

public sealed class ProfilingBackendTests
{
    private readonly ProfilingBackend _backend = new(new ReferenceBackend());
    private readonly Device _device;

    public ProfilingBackendTests() => _device = new Device(_backend);

    [Fact]
    public void Products_are_noted_with_their_operations_and_bytes()
    {
        using StepScope scope = _device.Scope();
        Tensor a = _device.Full([3, 5], DType.F32, 2);
        Tensor b = _device.Full([5, 7], DType.F32, 3);
        _backend.Clear();
        Assert.Equal(30, a.MatMul(b).ToArray()[0]);
        ProfiledCall call = Assert.Single(_backend.Calls, each => each.Flops > 0);
        Assert.Equal("product", call.Operation);
        Assert.Equal(new Shape(3, 5), call.Shape);
        Assert.Equal(7, call.Columns);
        Assert.Equal(2 * 3 * 5 * 7, call.Flops);
        Assert.Equal(4 * ((3 * 5) + (5 * 7) + (3 * 7)), call.Bytes);
        Assert.True(call.Seconds >= 0);
    }

    /// <summary>A method that is left to the interface's default would decline what the inner backend can do.</summary>
    [Fact]
    public void Every_method_of_a_backend_is_passed_on()
    {
        System.Reflection.InterfaceMapping map = typeof(ProfilingBackend).GetInterfaceMap(typeof(IBackend));
        Assert.All(map.TargetMethods, method => Assert.Equal(typeof(ProfilingBackend), method.DeclaringType));
    }

    [Fact]
    public void What_the_inner_backend_declines_is_not_noted()
    {
        using StepScope scope = _device.Scope();
        Tensor x = _device.Full([4, 8], DType.F32, 1);
        _backend.Clear();
        x.RmsNorm(_device.Full([8], DType.F32, 1), 1e-5);
        Assert.NotEmpty(_backend.Calls);
        Assert.DoesNotContain(_backend.Calls, call => call.Operation == "rms norm");
    }

    [Fact]
    public void Nothing_is_noted_while_paused()
    {
        using StepScope scope = _device.Scope();
        _backend.Clear();
        _backend.IsPaused = true;
        _device.Full([4], DType.F32, 1);
        Assert.Empty(_backend.Calls);
    }
}

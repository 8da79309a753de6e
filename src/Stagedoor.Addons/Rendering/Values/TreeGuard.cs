using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Rendering.Values;

/// <summary>Bounds the walk through a value: <c>set</c> can put a map into itself, and a list can hold one long text a million times.</summary>
internal sealed class TreeGuard
{
    private const int MaxDepth = 500;
    private const int MaxNodes = 2_000_000;
    private const long MaxText = 64L * 1024 * 1024;

    private int _nodes;
    private long _text;

    /// <summary>Goes to one more value.</summary>
    /// <exception cref="FormatException">It goes on for too long.</exception>
    public void Enter(object? value, int depth)
    {
        _text += value is string text ? text.Length : 0;
        if (depth > MaxDepth || ++_nodes > MaxNodes || _text > MaxText)
        {
            throw new UnserializableException("the value is too large, or contains itself");
        }
    }
}

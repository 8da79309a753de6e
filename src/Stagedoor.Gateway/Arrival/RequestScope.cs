using System.Collections;

namespace Stagedoor.Gateway.Arrival;

/// <summary>The scope that every line about a request stands in.</summary>
internal sealed class RequestScope(string requestId) : IReadOnlyList<KeyValuePair<string, object?>>
{
    public int Count => 1;

    public KeyValuePair<string, object?> this[int index] =>
        index == 0 ? new("RequestId", requestId) : throw new ArgumentOutOfRangeException(nameof(index));

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        yield return this[0];
    }

    public override string ToString() => $"RequestId:{requestId}";

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

using System.Text;

namespace Stagedoor.Tracing.Model;

/// <summary>Finds which of the known keys a key is, in one look into a table.</summary>
internal static class KnownKeys
{
    // In the order of the enumeration.
    private static readonly string[] s_names =
    [
        "http.request.method",
        "http.method",
        "http.response.status_code",
        "http.status_code",
        "http.route",
        "url.template",
        "url.path",
        "url.full",
        "http.target",
        "http.url",
        "http.path",
        "rpc.system.name",
        "rpc.system",
        "rpc.method",
        "rpc.service",
        "rpc.status_code",
        "rpc.response.status_code",
        "rpc.grpc.status_code",
        "messaging.system",
        "messaging.operation.name",
        "messaging.operation.type",
        "messaging.operation",
        "messaging.destination.template",
        "messaging.destination.name",
        "messaging.destination",
        "messaging.destination.temporary",
        "messaging.destination.anonymous",
        "faas.name",
        "faas.trigger",
        "client.address",
        "network.peer.address",
        "network.peer.port",
        "net.sock.peer.addr",
        "net.sock.peer.port",
        "net.peer.ip",
        "net.peer.name",
        "net.peer.port",
        "http.client_ip",
        "server.address",
        "server.port",
        "service.peer.name",
        "peer.service",
        "db.system.name",
        "db.system",
        "db.namespace",
        "db.name",
        "db.query.text",
        "db.statement",
        "db.operation.name",
        "db.operation",
        "db.response.status_code",
        "error.type",
        "error",
        "exception.type",
        "thread.id",
        "apm.monitor_group",
        "service.name",
        "service.namespace",
        "service.instance.id",
        "k8s.namespace.name",
        "k8s.pod.name",
        "k8s.cluster.name",
        "k8s.cluster.uid",
        "container.id",
        "host.name",
        "process.pid",
        "deployment.environment.name",
        "deployment.environment",
        "network.local.address",
        "network.local.port",
        "telemetry.sdk.language",
        "service.version",
        "error.code",
        "http.response.header.x-stagedoor-error-code",
    ];

    // Few of the slots are taken, so that a key that is none is told by one empty slot.
    private const int Slots = 1024;

    private static readonly byte[][] s_keys = Array.ConvertAll(s_names, Encoding.ASCII.GetBytes);
    private static readonly byte[] s_table = Table();

    /// <summary>How many there are.</summary>
    public static int Count => s_names.Length;

    /// <summary>The key as it is sent.</summary>
    public static string NameOf(KnownKey key) => s_names[(int)key];

    /// <summary>Which of them it is; -1 for none.</summary>
    public static int IndexOf(ReadOnlySpan<byte> key)
    {
        if (key.IsEmpty)
        {
            return -1;
        }

        for (var slot = Slot(key); ; slot = (slot + 1) % Slots)
        {
            var found = s_table[slot] - 1;
            if (found < 0 || s_keys[found].AsSpan().SequenceEqual(key))
            {
                return found;
            }
        }
    }

    private static byte[] Table()
    {
        var table = new byte[Slots];
        for (var i = 0; i < s_keys.Length; i++)
        {
            var slot = Slot(s_keys[i]);
            while (table[slot] != 0)
            {
                slot = (slot + 1) % Slots;
            }

            table[slot] = checked((byte)(i + 1));
        }

        return table;
    }

    private static int Slot(ReadOnlySpan<byte> key) =>
        ((key.Length * 31) + (key[0] * 7) + (key[^1] * 131) + (key[key.Length / 2] * 523)) % Slots;
}

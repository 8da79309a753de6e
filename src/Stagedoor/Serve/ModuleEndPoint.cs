using System.Net;
using Stagedoor.Http;

namespace Stagedoor.Serve;

/// <summary>An address of a module's own port, as the server hands it to what binds it.</summary>
internal sealed class ModuleEndPoint(IPAddress address, int port, ModuleListener listener, bool isSecure) : IPEndPoint(address, port)
{
    internal ModuleListener Listener => listener;

    internal bool IsSecure => isSecure;

    internal string Url => $"{(isSecure ? "https" : "http")}://{this}";
}

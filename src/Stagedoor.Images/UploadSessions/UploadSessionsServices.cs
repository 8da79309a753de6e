using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.UploadSessions;

/// <summary>Upload of files in pieces.</summary>
internal static class UploadSessionsServices
{
    public static void AddUploadSessions(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, UploadSessionsJson.Default));
        services.AddSingleton<SessionStore>();
        services.AddSingleton<Sessions>();
        services.AddSingleton<CreateSession>();
        services.AddSingleton<AppendSession>();
        services.AddSingleton<FinishSession>();
        services.AddSingleton<SessionReaper>();
        services.AddHostedService(static provider => provider.GetRequiredService<SessionReaper>());
    }

    public static void MapUploadSessions(this IEndpointRouteBuilder manage)
    {
        var sessions = manage.MapGroup("").SpeaksJson(UploadSessionsJson.Wire).PathParameter("session_id", "The id that the session was begun with.");
        CreateSession.Map(sessions);
        AppendSession.Map(sessions);
        SubmitManifests.Map(sessions);
        FinishSession.Map(sessions);
        ShowSession.Map(sessions);
        DeleteSession.Map(sessions);
    }
}

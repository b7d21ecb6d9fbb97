{{- define "timecoin-operator.labels" -}}
app.kubernetes.io/name: timecoin-operator
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: timecoin
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "timecoin-operator.selector" -}}
app.kubernetes.io/name: timecoin-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- /* What the operator may do where it serves networks. Secrets: by name only, never a list. */ -}}
{{- define "timecoin-operator.rules" -}}
- apiGroups: [timecoin.dev]
  resources: [timecoinnetworks]
  verbs: [get, list, watch]
- apiGroups: [timecoin.dev]
  resources: [timecoinnetworks/status, timecoinnodes/status]
  verbs: [get, patch]
- apiGroups: [timecoin.dev]
  resources: [timecoinnodes]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, create]
- apiGroups: [""]
  resources: [configmaps, persistentvolumeclaims]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [services, serviceaccounts]
  verbs: [get, list, watch, create, patch]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [pods/eviction]
  verbs: [create]
- apiGroups: [apps]
  resources: [statefulsets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list, watch, create, patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
# Owner references that block deletion ask for this where the API server checks them.
- apiGroups: [timecoin.dev]
  resources: [timecoinnetworks/finalizers]
  verbs: [update]
{{- end }}

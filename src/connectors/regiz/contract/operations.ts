/** Operations of `IHubService`, their parameters in the order of the wire; the spelling is the contract's (protocols/regiz.md §1.4, appendix A.0). */
import type { Operation } from '../../../wcf/contract.ts';

export const operations = {
  CheckPatient: {
    parameters: { pat: 'h:Patient', idLpu: 'int', guid: 'string', idHistory: 'int?' },
    result: 'h:CheckPatientResult',
  },
  CheckReferral: {
    parameters: { doctorsReferral: 'string', guid: 'string', idHistory: 'int?' },
    result: 'h:CheckReferralResult',
  },
  SearchTop10Patient: {
    parameters: { pat: 'h:Patient', idLpu: 'int', guid: 'string', idHistory: 'int?' },
    result: 'h:SearchTop10PatientResult',
  },
  AddNewPatient: {
    parameters: { patient: 'h:Patient', idLpu: 'int', approvedByTfoms: 'boolean?', guid: 'string', idHistory: 'int?' },
    result: 'h:AddNewPatientResult',
  },
  GetDocListFullTree: {
    parameters: { idLpu: 'int', idPat: 'string', guid: 'string', idHistory: 'int?' },
    result: 'h:GetDocListFullTreeResult',
  },
  InspectDoctorsReferal: {
    parameters: { idLpu: 'int', doctorsReferal: 'string', guid: 'string', idHistory: 'int?' },
    result: 'h:InspectDoctorsReferalResult',
  },
  InspectDoctorsReferral2: {
    parameters: {
      idLpu: 'int?',
      doctorsReferal: 'string',
      surname: 'string',
      attachedReferral: 'h:SearchOneDirectionResult',
      guid: 'string',
      idHistory: 'int?',
    },
    result: 'h:InspectDoctorsReferral2Result',
  },
  GetAppointmentsDemandDoctorsReferal: {
    parameters: {
      idDoc: 'string',
      idLpu: 'int',
      idPat: 'string',
      appType: 'h:AppointmentType',
      startVisit: 'dateTime',
      endVisit: 'dateTime',
      guid: 'string',
      idHistory: 'int?',
    },
    result: 'h:GetAvaibleAppointmentsResult',
  },
  GetAvaibleAppointments: {
    parameters: {
      idDoc: 'string',
      idLpu: 'int',
      idPat: 'string',
      visitStart: 'dateTime',
      visitEnd: 'dateTime',
      guid: 'string',
      idHistory: 'int?',
    },
    result: 'h:GetAvaibleAppointmentsResult',
  },
  SetAppointment: {
    parameters: {
      idAppointment: 'string',
      idLpu: 'int',
      idPat: 'string',
      doctorsReferral: 'string',
      attachedReferral: 'h:SearchOneDirectionResult',
      idAppointmentPrev: 'string',
      guid: 'string',
      idHistory: 'int?',
    },
    result: 'h:SetAppointmentResult',
  },
  GetAvailableDates: {
    parameters: {
      idDoc: 'string',
      idLpu: 'int',
      idPat: 'string',
      visitStart: 'dateTime',
      visitEnd: 'dateTime',
      guid: 'string',
      idHistory: 'int?',
    },
    result: 'h:GetAvailableDatesResult',
  },
  GetDoctorList: {
    parameters: { idSpesiality: 'string', idLpu: 'int', idPat: 'string', guid: 'string', idHistory: 'int?' },
    result: 'h:GetDoctorListResult',
  },
  GetAvailableDoctors: {
    parameters: {
      idLpu: 'int',
      idPat: 'string',
      idSpeciality: 'string',
      ferIdSpeciality: 'string',
      guid: 'string',
      idHistory: 'int?',
    },
    result: 'h:GetAvailableDoctorsResult',
  },
  GetLPUList: { parameters: { idDistrict: 'int?', guid: 'string', idHistory: 'int?' }, result: 'h:GetLPUListResult' },
  GetOrgList: { parameters: { idDistrict: 'int?', guid: 'string', idHistory: 'int?' }, result: 'h:GetOrgListResult' },
  GetSpesialityList: {
    parameters: { idLpu: 'int', idPat: 'string', guid: 'string', idHistory: 'int?' },
    result: 'h:GetSpesialityListResult',
  },
  GetLpuToRFSZIList: { parameters: { guid: 'string', idHistory: 'int?' }, result: 'h:LpuListToRfiszResult' },
  GetDistrictList: { parameters: { guid: 'string', idHistory: 'int?' }, result: 'h:DistrictResult' },
  GetWorkingTime: {
    parameters: {
      idDoc: 'string',
      idLpu: 'int',
      visitStart: 'dateTime',
      visitEnd: 'dateTime',
      guid: 'string',
      idHistory: 'int?',
    },
    result: 'h:GetWorkingTimeResult',
  },
  GetFullInfoById: {
    parameters: { idDoc: 'string', idLpu: 'int', idPat: 'string', guid: 'string', idHistory: 'int?' },
    result: 'h:GetFullInfoByIdResult',
  },
  CreateClaimForRefusal: {
    parameters: { idLpu: 'int', idPat: 'string', idAppointment: 'string', guid: 'string', idHistory: 'int?' },
    result: 'h:CreateClaimForRefusalResult',
  },
  GetPatientHistory: {
    parameters: { idLpu: 'int', idPat: 'string', guid: 'string', idHistory: 'int?' },
    result: 'h:GetPatientHistoryResult',
  },
  UpdatePhoneByIdPat: {
    parameters: {
      idLpu: 'int',
      idPat: 'string',
      homePhone: 'string',
      cellPhone: 'string',
      guid: 'string',
      idHistory: 'int?',
    },
    result: 'h:UpdatePhoneByIdPatResult',
  },
  GetHubUserByGuid: {
    parameters: { usersGuid: 'string', guid: 'string', idHistory: 'int?' },
    result: 'h:GetHubUserByGuidResult',
  },
  GetErrorList: { parameters: { guid: 'string', idHistory: 'int?' }, result: 'h:GetErrorListResult' },
  SetWaitingList: {
    parameters: {
      idDoc: 'string',
      nameDoc: 'string',
      idSpesiality: 'string',
      nameSpesiality: 'string',
      idLpu: 'int',
      rule: 'h:RulesOfWaitingList',
      claim: 'h:ClaimToWaitingListType',
      idPat: 'string',
      namePat: 'string',
      birthday: 'dateTime',
      phone: 'string',
      guid: 'string',
      idHistory: 'int?',
    },
    result: 'h:SetWaitingListResult',
  },
  GetStatusAnalysis: {
    parameters: { idAnalysis: 'long', guid: 'string', idHistory: 'int?' },
    result: 'h:GetStatusAnalysisResult',
  },
  SendNotificationAboutAppointment: {
    parameters: {
      doctor: 'h:Doctor',
      spesiality: 'h:Spesiality',
      idLpu: 'int',
      patient: 'h:Patient',
      appointment: 'h:Appointment',
      doctorsReferal: 'string',
      appointmentSource: 'h:AppointmentSourceType',
      guid: 'string',
      member: 'guid?',
      idHistory: 'int?',
    },
    result: 'h:SendNotificationAboutAppointmentResult',
  },
  SendNotificationAboutAppointmentStatus: {
    parameters: {
      idNotification: 'long?',
      idLpu: 'int?',
      idPat: 'string',
      idAppointment: 'string',
      doctorsReferral: 'string',
      status: 'h:AppointmentStatusType',
      eventDatetime: 'dateTime',
      guid: 'string',
      idHistory: 'int?',
    },
    result: 'h:SendNotificationAboutAppointmentStatusResult',
  },
  GetTodayAppointments: { parameters: { guid: 'string' }, result: 'h:GetTodayAppointmentResult' },
  GetLPUInfo: { parameters: { idLpu: 'int?', guid: 'string', idHistory: 'int?' }, result: 'h:LpuInformationResult' },
  GetPatientsAreas: {
    parameters: { idLpu: 'string', idPat: 'string', guid: 'guid', idHistory: 'int?' },
    result: 'h:GetPatientsAreasResult',
  },
  CheckIn: { parameters: { idAppointment: 'string' }, result: 'h:CheckInResult' },
  GetVersion: { parameters: {}, result: 'h:GetVersionResult' },
  PatientNotification: {
    parameters: {
      idAppointment: 'string',
      visitStart: 'dateTime',
      idLpu: 'int',
      idPat: 'string',
      contacts: 'h:Contact[]',
      guid: 'string',
      idHistory: 'int?',
    },
    result: 'h:PatientNotificationResult',
  },
  GetAvailableAppointmentsByPARequest: {
    parameters: { attachedPARequest: 'p:ActivePARequestInfo', idLpu: 'int?', guid: 'string', idHistory: 'int?' },
    result: 'p:GetAvailableAppointmentsByPARequestResult',
  },
  SetAppointmentByPARequest: {
    parameters: {
      idAppointment: 'string',
      attachedPARequest: 'p:ActivePARequestInfo',
      idAppointmentPrev: 'string',
      idLpu: 'int?',
      guid: 'string',
      idHistory: 'int?',
    },
    result: 'p:SetAppointmentByPARequestResult',
  },
  RegisterPARequest: {
    parameters: { request: 'p:RegisterPARequestRequest', guid: 'string', idHistory: 'int?' },
    result: 'p:RegisterPARequestResult',
  },
  CancelPARequest: {
    parameters: { request: 'p:CancelPARequestRequest', guid: 'string', idHistory: 'int?' },
    result: 'p:CancelPARequestResult',
  },
  SearchActivePARequests: {
    parameters: { filter: 'p:SearchActivePARequestsRequest', guid: 'string', idHistory: 'int?' },
    result: 'p:SearchActivePARequestsResult',
  },
  SearchPARequests: {
    parameters: { filter: 'p:SearchPARequestsRequest', guid: 'string', idHistory: 'int?' },
    result: 'p:SearchPARequestsResult',
  },
  SearchCtoPARequests: {
    parameters: { filter: 'p:SearchCtoPARequestsRequest', guid: 'string', idHistory: 'int?' },
    result: 'p:SearchCtoPARequestsResult',
  },
  HandlePARequestChanged: {
    parameters: { info: 'p:SearchPARequestInfo', guid: 'string', idHistory: 'int?' },
    result: 'h:MethodResult',
  },
  // Hub25 has these besides (§1.4).
  GetPositionList: {
    parameters: { idLpu: 'int', idPat: 'string', guid: 'string', idHistory: 'int?' },
    result: 'h:GetPositionListResult',
  },
  GetDoctorList2: {
    parameters: {
      idLpu: 'int',
      idPat: 'string',
      idPosition: 'string',
      fedIdPosition: 'string',
      guid: 'string',
      idHistory: 'int?',
    },
    result: 'h:GetDoctorList2Result',
  },
  GetAvailableAppointmentsInfo: {
    parameters: {
      patient2: 'h:Patient2',
      info: 'h:AppointmentInfo',
      idLpu: 'string',
      guid: 'string',
      idHistory: 'int?',
    },
    result: 'h:AvailableAppointmentsInfoResult',
  },
} as const satisfies Readonly<Record<string, Operation>>;
